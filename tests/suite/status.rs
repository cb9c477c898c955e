//! `tidings status` in installations that are broken, and in some that are sound.

use std::thread::sleep;
use std::time::{Duration, Instant};

use chrono::{Timelike, Utc};

use crate::bot::{Bot, Ran, rss};
use crate::crashes::SmallDisk;
use crate::smtp_server::{Does, SmtpServer, Step};

const CONFIG: &str = r#"{mail}
[[feed]]
id = "post"
url = "feed.xml"
[[digest]]
id = "daily"
at = "07:00"
"#;

fn bot(more: &str) -> Bot {
    let bot = Bot::new(&format!("{CONFIG}{more}"));
    bot.write("feed.xml", &rss(&[("1", "One", "First.")]));
    bot
}

fn status(bot: &Bot, now: &str) -> Ran {
    bot.run(&["status", "--now", now])
}

/// It says that this is wrong, and what to do.
#[track_caller]
fn is_wrong(ran: &Ran, what: &str, remedy: &str) {
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    let mut lines = ran.stdout.lines().skip_while(|line| !line.contains(what));
    assert!(lines.next().is_some(), "{what}: {}", ran.stdout);
    assert!(lines.next().is_some_and(|line| line.contains(remedy)), "{remedy}: {}", ran.stdout);
}

#[track_caller]
fn is_well(ran: &Ran) {
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.starts_with("all is well"), "{}", ran.stdout);
}

#[test]
fn without_a_database_nothing_has_happened_yet() {
    let bot = bot("");
    is_wrong(&status(&bot, "2026-11-22T06:00:00Z"), "nothing has been collected yet", "start `tidings run`");
    assert!(!bot.path("tidings.db").exists());
}

#[test]
fn what_is_new_and_waits_for_its_first_edition_is_well() {
    let bot = bot("");
    bot.ok(&["collect", "--now", "2026-11-22T06:00:00Z"]);
    is_well(&status(&bot, "2026-11-22T06:30:00Z"));
}

#[test]
fn a_daemon_that_stopped_is_told_by_the_edition_that_did_not_come_out() {
    let bot = bot("");
    bot.ok(&["send", "--now", "2026-11-22T07:00:00Z"]);
    is_well(&status(&bot, "2026-11-22T12:00:00Z"));
    is_well(&status(&bot, "2026-11-23T07:30:00Z"));
    let ran = status(&bot, "2026-11-23T09:00:00Z");
    is_wrong(
        &ran,
        "the edition of `daily` that was due at 2026-11-23 07:00 has not come out",
        "start `tidings run`",
    );
}

#[test]
fn a_system_that_cron_runs_is_well_without_a_daemon_also_when_nothing_is_new() {
    let bot = bot("");
    for day in 22..=24 {
        bot.ok(&["send", "--now", &format!("2026-11-{day}T07:01:00Z")]);
        is_well(&status(&bot, &format!("2026-11-{day}T20:00:00Z")));
    }
    // It polls, and no longer sends.
    bot.write("feed.xml", &rss(&[("2", "Two", "Second.")]));
    bot.ok(&["collect", "--now", "2026-11-25T07:01:00Z"]);
    is_wrong(
        &status(&bot, "2026-11-25T20:00:00Z"),
        "due at 2026-11-25 07:00 has not come out",
        "tidings send",
    );
}

#[test]
fn a_daemon_at_work_is_known_by_its_lock() {
    let bot = bot("");
    let mut daemon = bot.start(&["run"]);
    let begun = Instant::now();
    let said = loop {
        let ran = bot.run(&["status"]);
        if ran.code == 0 && ran.stdout.contains("`tidings run` is at work") {
            break ran;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{}{}", ran.stdout, bot.log());
        sleep(Duration::from_millis(100));
    };
    is_well(&said);
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    assert!(!bot.run(&["status"]).stdout.contains("run` is at work"), "at {}", Utc::now().hour());
}

#[test]
fn a_dead_mail_server_and_mails_that_nobody_sends_are_named() {
    let server = SmtpServer::start();
    for _ in 0..8 {
        server.fault("", Step::Greeting, Does::Reply("554 5.7.1 no service"));
    }
    let bot = bot(&server.config());
    assert_eq!(bot.run(&["send", "--now", "2026-11-22T07:00:00Z"]).code, 1);
    let ran = status(&bot, "2026-11-22T08:00:00Z");
    is_wrong(
        &ran,
        "no mail leaves since 2026-11-22 07:00: 127.0.0.1:",
        "`tidings check` tries the mail server",
    );
    let server = SmtpServer::start();
    server.fault("ada@example.org", Step::Rcpt, Does::Reply("450 4.2.1 later"));
    let bot = self::bot(&server.config());
    assert_eq!(bot.run(&["send", "--now", "2026-11-22T07:00:00Z"]).code, 1);
    is_well(&status(&bot, "2026-11-22T07:05:00Z"));
    is_wrong(
        &status(&bot, "2026-11-22T12:00:00Z"),
        "mails wait since 2026-11-22 07:0",
        "tidings outbox retry",
    );
}

#[test]
fn feeds_that_all_fail_are_one_trouble_and_one_that_fails_for_days_another() {
    let bot = bot("[[feed]]\nid = \"two\"\nurl = \"two.xml\"\n");
    bot.write("two.xml", &rss(&[]));
    bot.ok(&["collect", "--all", "--now", "2026-11-22T05:00:00Z"]);
    std::fs::remove_file(bot.path("two.xml")).unwrap();
    bot.run(&["collect", "--all", "--now", "2026-11-22T06:00:00Z"]);
    is_well(&status(&bot, "2026-11-22T06:30:00Z"));
    bot.run(&["send", "--now", "2026-11-23T07:00:00Z"]);
    is_wrong(
        &status(&bot, "2026-11-23T07:30:00Z"),
        "feed two cannot be read since 2026-11-22 06:00",
        "tidings check",
    );
    std::fs::remove_file(bot.path("feed.xml")).unwrap();
    bot.run(&["collect", "--all", "--now", "2026-11-23T08:00:00Z"]);
    is_wrong(&status(&bot, "2026-11-23T08:01:00Z"), "no feed can be read: ", "is the network there?");
}

#[test]
fn a_clock_that_is_behind_a_locked_database_and_a_reader_who_is_gone_are_named() {
    let server = SmtpServer::start();
    server.fault("ada@example.org", Step::Rcpt, Does::Reply("550 5.1.1 no such user"));
    let bot = bot(&format!("[[recipient]]\nemail = \"bob@example.org\"\n{}", server.config()));
    assert_eq!(bot.run(&["send", "--now", "2026-11-22T07:00:00Z"]).code, 1);
    is_wrong(
        &status(&bot, "2026-11-22T08:00:00Z"),
        "ada@example.org is no longer written to",
        "tidings recipients resume",
    );
    is_wrong(
        &status(&bot, "2020-01-01T00:00:00Z"),
        "this machine's clock is behind: the database knows of 2026-11-22 07:00",
        "set the clock",
    );
    let other = rusqlite::Connection::open(bot.path("tidings.db")).unwrap();
    other
        .execute_batch("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE")
        .unwrap();
    let ran = status(&bot, "2026-11-22T08:00:00Z");
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("the database is in use by another program"), "{}", ran.stderr);
}

#[test]
fn a_database_of_an_earlier_version_is_read_and_one_of_a_later_version_named() {
    let first = bot("");
    let database = rusqlite::Connection::open(first.path("tidings.db")).unwrap();
    database.execute_batch(include_str!("../../src/store/migrations/0001_first.sql")).unwrap();
    database.execute_batch("PRAGMA user_version = 1; PRAGMA application_id = 0x54494447").unwrap();
    drop(database);
    is_well(&status(&first, "2026-11-22T08:00:00Z"));
    let bot = bot("");
    bot.ok(&["send", "--now", "2026-11-22T07:00:00Z"]);
    let database = rusqlite::Connection::open(bot.path("tidings.db")).unwrap();
    database.execute_batch("PRAGMA user_version = 9999").unwrap();
    drop(database);
    let ran = status(&bot, "2026-11-22T08:00:00Z");
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    assert!(ran.stderr.contains("newer"), "{}", ran.stderr);
}

#[test]
fn titles_stand_in_columns_whatever_their_script_and_times_in_one_zone() {
    let bot = Bot::new(
        r#"{mail}
        [[feed]]
        id = "zh"
        name = "每日要闻"
        url = "feed.xml"
        [[feed]]
        id = "en"
        name = "Post"
        url = "two.xml""#,
    );
    bot.write(
        "digest.toml",
        &std::fs::read_to_string(bot.path("digest.toml")).unwrap().replace("\"UTC\"", "\"Asia/Shanghai\""),
    );
    bot.write("feed.xml", &rss(&[]));
    bot.write("two.xml", &rss(&[]));
    bot.ok(&["collect", "--now", "2026-11-22T01:00:00Z"]);
    let said = status(&bot, "2026-11-22T01:30:00Z").stdout;
    assert!(said.contains("feeds (times in Asia/Shanghai)"), "{said}");
    assert!(said.contains("  每日要闻  ok, last read 2026-11-22 09:00"), "{said}");
    assert!(said.contains("  Post      ok, last read 2026-11-22 09:00"), "{said}");
}

#[test]
fn a_disk_that_is_nearly_full_is_named() {
    let bot = Bot::new(&format!("database = \"disk/tidings.db\"\n{CONFIG}"));
    let Some(_disk) = SmallDisk::mount(bot.path("disk")) else { return };
    bot.write("feed.xml", &rss(&[("1", "One", "First.")]));
    bot.ok(&["send", "--now", "2026-11-22T07:00:00Z"]);
    is_wrong(
        &status(&bot, "2026-11-22T08:00:00Z"),
        "only 0 MB are free on the disk of the database",
        "make room",
    );
}
