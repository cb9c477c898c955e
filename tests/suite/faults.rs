//! Everything that can go wrong between us and a mail server, one thing after the other:
//! what becomes of the mail, what is said, and that the next run puts it right.

use std::time::{Duration, Instant};

use tidings::app::dispatch::{When, dispatch};
use tidings::app::{App, Clock};
use tidings::config::Config;

use crate::bot::{Bot, Ran, rss};
use crate::smtp_server::{Does, SmtpServer, Step};

/// Ten readers and one article, with steps that may take a second.
fn bot(server: &SmtpServer, more: &str) -> Bot {
    let readers: String = (0..10).map(|n| format!("[[recipient]]\nemail = \"r{n}@example.org\"\n")).collect();
    let bot = Bot::new(&format!(
        "timezone = \"UTC\"\n[mail]\nfrom = \"News <news@example.org>\"\n{more}\n[[feed]]\nurl = \"feed.xml\"\n{readers}{}timeout = \"1s\"\n",
        server.config()
    ));
    bot.write("feed.xml", &rss(&[("1", "One", "First.")]));
    bot
}

/// How many of the ten have the mail, and how often one came twice under one Message-ID.
fn arrived(server: &SmtpServer) -> (usize, usize) {
    let mut ids: Vec<_> = server.accepted().into_iter().map(|(_, mail)| mail.id).collect();
    let all = ids.len();
    ids.sort();
    ids.dedup();
    (ids.len(), all - ids.len())
}

fn utc(text: &str) -> chrono::DateTime<chrono::Utc> {
    text.parse().unwrap()
}

impl Bot {
    /// A round of the daemon's: what is due, and nothing else.
    fn dispatch_due(&self, now: chrono::DateTime<chrono::Utc>) {
        let app = App::open(Config::load(&self.path("digest.toml")).unwrap()).unwrap();
        let (_raise, stop) = tokio::sync::watch::channel(false);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(dispatch(&app, When::Due, &Clock::stopped(now), &stop)).unwrap();
    }
}

fn counts(ran: &Ran) -> (usize, String) {
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).expect(&ran.stderr);
    let outstanding = report["dispatched"]["outstanding"].as_u64().unwrap() as usize;
    (outstanding, report["dispatched"]["outage"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn a_fault_of_one_mail_is_that_mails_alone_and_the_next_run_mends_it() {
    for (step, does, waits, said) in [
        (Step::Rcpt, Does::Reply("450 4.7.1 greylisted, come back later"), 1, "450 4.7.1 greylisted"),
        (Step::Rcpt, Does::Drop, 1, "the line broke at RCPT"),
        (Step::Rcpt, Does::Stall, 1, "RCPT took longer than 1 s"),
        (Step::Data, Does::Reply("451 4.3.0 not now"), 1, "451 4.3.0 not now"),
        (Step::Data, Does::Drop, 1, "the line broke at DATA"),
        (Step::Data, Does::Stall, 1, "DATA took longer than 1 s"),
        (Step::Dot, Does::Reply("452 4.2.2 over quota"), 1, "452 4.2.2 over quota"),
        (Step::Dot, Does::Reply("552 5.3.4 too large"), 0, "552 5.3.4 too large"),
        (Step::Rcpt, Does::Reply("550 5.1.1 no such user"), 0, "550 5.1.1 no such user"),
        (Step::Rcpt, Does::Reply("554 5.7.1 not from you"), 0, "554 5.7.1 not from you"),
    ] {
        let case = format!("{step:?} {does:?}");
        let server = SmtpServer::start();
        server.fault("r3@example.org", step, does);
        let bot = bot(&server, "");
        let ran = bot.run(&["send", "--json"]);
        assert_eq!(ran.code, 1, "{case}: {}", ran.stderr);
        assert!(ran.stdout.contains(said), "{case}: {}", ran.stdout);
        assert!(ran.stderr.contains("r…@example.org"), "{case}: {}", ran.stderr);
        assert_eq!(counts(&ran), (waits, String::new()), "{case}: {}", ran.stdout);
        assert_eq!(arrived(&server), (9, 0), "{case}");
        bot.ok(&["send"]);
        assert_eq!(arrived(&server), (9 + waits, 0), "{case}: {}", bot.ok(&["outbox", "list"]).stdout);
    }
}

#[test]
fn a_line_that_breaks_once_the_message_is_out_may_have_delivered_it() {
    for (step, does, keeps, said) in [
        (Step::Dot, Does::Drop, true, "before the server's answer"),
        (Step::Dot, Does::Stall, true, "the message took longer than 5 s, before the server's answer"),
    ] {
        let case = format!("{step:?} {does:?}");
        let server = SmtpServer::start();
        server.fault("r3@example.org", step, does);
        let bot_that_resends = bot(&server, "");
        let ran = bot_that_resends.run(&["send", "--json"]);
        assert_eq!(ran.code, 1, "{case}: {}", ran.stderr);
        assert!(ran.stdout.contains("\"unknown\"") && ran.stdout.contains(said), "{case}: {}", ran.stdout);
        assert_eq!(arrived(&server), (9 + usize::from(keeps), 0), "{case}");
        bot_that_resends.ok(&["send"]);
        assert_eq!(arrived(&server), (10, usize::from(keeps)), "{case}: the same Message-ID");

        let server = SmtpServer::start();
        server.fault("r3@example.org", step, does);
        let bot_that_holds = bot(&server, "on_unknown = \"hold\"");
        assert_eq!(bot_that_holds.run(&["send"]).code, 1, "{case}");
        let list = bot_that_holds.ok(&["outbox", "list"]).stdout;
        assert!(list.contains("r3@example.org  held: it may have arrived"), "{case}: {list}");
        bot_that_holds.ok(&["send"]);
        assert_eq!(arrived(&server), (9 + usize::from(keeps), 0), "{case}: it is left to a person");
        bot_that_holds.ok(&["outbox", "retry", "r3@example.org"]);
        assert_eq!(arrived(&server), (10, usize::from(keeps)), "{case}");
    }
}

#[test]
fn a_line_that_breaks_within_the_message_is_mended_by_the_next_run() {
    for does in [Does::Drop, Does::Stall] {
        let server = SmtpServer::start();
        server.fault("r3@example.org", Step::Body, does);
        let bot = bot(&server, "");
        let ran = bot.run(&["send", "--json"]);
        // Whether all of it had left by then is the network's to know.
        assert!(ran.stdout.contains("\"deferred\"") || ran.stdout.contains("\"unknown\""), "{}", ran.stdout);
        assert_eq!((ran.code, arrived(&server)), (1, (9, 0)), "{does:?}");
        bot.ok(&["send"]);
        assert_eq!(arrived(&server), (10, 0), "{does:?}");
    }
}

#[test]
fn a_run_that_was_cut_short_has_seen_too_little_to_act_on_a_rejection() {
    let server = SmtpServer::start();
    for reader in ["r0@example.org", "r1@example.org"] {
        server.fault(reader, Step::Rcpt, Does::Reply("550 5.1.1 no such user"));
    }
    // A connection that has carried mails is given up for a new one; two new ones are enough.
    for reader in ["r2@example.org", "r2@example.org", "r3@example.org"] {
        server.fault(reader, Step::Rcpt, Does::Reply("421 4.3.2 shutting down"));
    }
    let bot = bot(&server, "");
    let ran = bot.run(&["send", "--json"]);
    assert_eq!((ran.code, arrived(&server)), (1, (0, 0)), "{}", ran.stdout);
    assert_eq!(counts(&ran).0, 10, "{}", ran.stdout);
    bot.ok(&["send"]);
    assert_eq!(arrived(&server), (10, 0));
}

#[test]
fn a_line_that_was_idle_for_too_long_is_replaced() {
    for end in [Does::Drop, Does::Reply("421 4.4.2 timed out")] {
        let server = SmtpServer::start();
        for _ in 0..3 {
            server.fault("", Step::Mail, Does::Reply("250 2.1.0 ok"));
        }
        server.fault("", Step::Mail, end);
        bot(&server, "").ok(&["send"]);
        assert_eq!((arrived(&server), server.connections()), ((10, 0), 2), "{end:?}");
    }
}

#[test]
fn a_server_that_begins_to_refuse_everybody_rejects_nobody() {
    for reply in
        ["550 5.4.5 Daily user sending limit exceeded", "554 5.7.1 blocked", "550 5.1.1 no such user"]
    {
        let server = SmtpServer::start();
        for n in 4..10 {
            server.fault(&format!("r{n}@example.org"), Step::Rcpt, Does::Reply(reply));
        }
        let bot = bot(&server, "");
        let ran = bot.run(&["send", "--json"]);
        assert_eq!((ran.code, arrived(&server)), (1, (4, 0)), "{reply}: {}", ran.stdout);
        assert_eq!(counts(&ran).0, 6, "{reply}: {}", ran.stdout);
        bot.ok(&["send"]);
        assert_eq!(arrived(&server), (10, 0), "{reply}");
    }
}

#[test]
fn a_server_that_took_yesterdays_edition_and_refuses_todays_costs_nobody_a_mail() {
    let server = SmtpServer::start();
    let bot = bot(&server, "retry_for = \"6h\"");
    bot.ok(&["send", "--now", "2026-11-22T18:00:00Z"]);
    for n in 0..10 {
        for _ in 0..8 {
            server.fault(&format!("r{n}@example.org"), Step::Rcpt, Does::Reply("554 5.7.1 blocked"));
        }
    }
    bot.write("feed.xml", &rss(&[("2", "Two", "Second.")]));
    for hour in 7..15 {
        let ran = bot.run(&["send", "--now", &format!("2026-11-23T{hour:02}:00:00Z")]);
        assert!(
            ran.stderr.contains("cannot send: the server refuses every mail: 554 5.7.1"),
            "{}",
            ran.stderr
        );
    }
    bot.ok(&["send", "--now", "2026-11-23T15:00:00Z"]);
    assert_eq!(arrived(&server), (20, 0));
}

#[test]
fn what_only_some_are_refused_has_its_time_and_no_more() {
    let server = SmtpServer::start();
    let refused = |n: usize| format!("r{n}@example.org");
    for n in 7..10 {
        for _ in 0..30 {
            server.fault(&refused(n), Step::Rcpt, Does::Reply("550 5.1.1 no such user"));
        }
    }
    let bot = bot(&server, "");
    for hour in 0..24 {
        let ran = bot.run(&["send", "--now", &format!("2026-11-22T{hour:02}:00:00Z")]);
        assert!(!ran.stdout.contains("rejected to"), "{hour}: {}", ran.stdout);
    }
    let ran = bot.run(&["send", "--now", "2026-11-23T00:00:00Z"]);
    for n in 7..10 {
        assert!(ran.stdout.contains(&format!("rejected to {}", refused(n))), "{}", ran.stdout);
    }
    assert_eq!(arrived(&server), (7, 0));
}

#[test]
fn a_servers_own_trouble_suspends_nobody_however_long_it_lasts() {
    let server = SmtpServer::start();
    for n in 0..10 {
        for _ in 0..60 {
            server.fault(&format!("r{n}@example.org"), Step::Rcpt, Does::Reply("451 4.3.0 out of order"));
        }
    }
    let bot = bot(&server, "retry_for = \"20h\"");
    for day in 1..11 {
        bot.write("feed.xml", &rss(&[(&format!("d{day}"), "New", "Words.")]));
        for hour in [1, 6, 11, 16, 21] {
            bot.run(&["send", "--now", &format!("2026-11-{day:02}T{hour:02}:00:00Z")]);
        }
    }
    assert!(!bot.ok(&["recipients", "list"]).stdout.contains("suspended"));
    let list = bot.ok(&["editions", "list"]).stdout;
    let first = list.lines().find(|line| line.starts_with("daily/1 ")).unwrap_or_default();
    assert!(first.contains("10 not arrived"), "each has its time: {list}");
}

#[test]
fn a_server_in_trouble_stops_the_run_and_costs_nobody_a_mail() {
    for (step, does, said) in [
        (Step::Greeting, Does::Reply("421 4.3.2 too busy"), "the greeting: 421 4.3.2 too busy"),
        (Step::Greeting, Does::Reply("554 5.7.1 go away"), "the greeting: 554 5.7.1 go away"),
        (Step::Greeting, Does::Drop, "the line broke at the greeting: the server closed the connection"),
        (Step::Greeting, Does::Stall, "the greeting took longer than 1 s"),
        (Step::Ehlo, Does::Reply("421 4.3.2 too busy"), "421 4.3.2 too busy"),
        (Step::Ehlo, Does::Drop, "the line broke at EHLO: the server closed the connection"),
        (Step::Ehlo, Does::Stall, "took longer than 1 s"),
        (Step::Mail, Does::Reply("421 4.3.2 shutting down"), "421 4.3.2 shutting down"),
        (Step::Mail, Does::Reply("530 5.7.0 Must issue a STARTTLS command first"), "refuses mails from"),
        (Step::Mail, Does::Reply("550 5.1.8 no such sender"), "refuses mails from news@example.org"),
    ] {
        let case = format!("{step:?} {does:?}");
        let server = SmtpServer::start();
        server.fault("", step, does);
        let bot = bot(&server, "");
        let ran = bot.run(&["send", "--json"]);
        assert_eq!(ran.code, 1, "{case}: {}", ran.stderr);
        let (outstanding, trouble) = counts(&ran);
        assert!(trouble.contains(said), "{case}: {trouble}");
        assert!(ran.stderr.contains("cannot send: 127.0.0.1:"), "{case}: {}", ran.stderr);
        assert_eq!((outstanding, arrived(&server)), (10, (0, 0)), "{case}");
        for command in [vec!["status"], vec!["outbox", "list"]] {
            let said = bot.run(&command).stdout;
            assert!(said.contains("no mail leaves since"), "{case}: {said}");
        }
        bot.ok(&["send"]);
        assert_eq!(arrived(&server), (10, 0), "{case}");
        assert!(!bot.ok(&["status"]).stdout.contains("no mail leaves"), "{case}");
    }
}

#[test]
fn a_mail_whose_line_breaks_at_its_beginning_is_tried_again() {
    for (does, left) in [(Does::Drop, 0), (Does::Stall, 0), (Does::Reply("451 4.3.0 not now"), 1)] {
        let server = SmtpServer::start();
        server.fault("", Step::Mail, does);
        let bot = bot(&server, "");
        let ran = bot.run(&["send", "--json"]);
        assert_eq!((ran.code, counts(&ran).0), (i32::from(left > 0), left), "{does:?}: {}", ran.stdout);
        bot.ok(&["send"]);
        assert_eq!(arrived(&server), (10, 0), "{does:?}");
    }
}

#[test]
fn a_server_that_falls_silent_at_every_mail_is_an_outage_after_two() {
    let server = SmtpServer::start();
    for _ in 0..10 {
        server.fault("", Step::Mail, Does::Stall);
    }
    let bot = bot(&server, "");
    let ran = bot.run(&["send", "--json"]);
    let (outstanding, trouble) = counts(&ran);
    assert_eq!((ran.code, outstanding, server.connections()), (1, 10, 2), "{}", ran.stdout);
    assert!(trouble.contains("MAIL"), "{trouble}");
}

#[test]
fn a_server_that_refuses_everybody_rejects_nobody() {
    let server = SmtpServer::start();
    for n in 0..10 {
        server.fault(&format!("r{n}@example.org"), Step::Rcpt, Does::Reply("554 5.7.1 Relay access denied"));
    }
    let bot = bot(&server, "");
    let ran = bot.run(&["send", "--json"]);
    let (outstanding, trouble) = counts(&ran);
    assert_eq!((ran.code, outstanding), (1, 10), "{}", ran.stdout);
    assert!(trouble.contains("the server refuses every mail: 554 5.7.1 Relay access denied"), "{trouble}");
    assert!(!bot.ok(&["recipients", "list"]).stdout.contains("suspended"));
    bot.ok(&["send"]);
    assert_eq!(arrived(&server), (10, 0));
}

#[test]
fn who_does_not_exist_is_suspended_and_nobody_else() {
    let server = SmtpServer::start();
    server.fault("r3@example.org", Step::Rcpt, Does::Reply("550 5.1.1 no such user"));
    server.fault("r4@example.org", Step::Rcpt, Does::Reply("552 5.2.2 mailbox full"));
    server.fault("r5@example.org", Step::Rcpt, Does::Reply("554 5.7.1 we do not like you"));
    let bot = bot(&server, "");
    assert_eq!(bot.run(&["send"]).code, 1);
    let list = bot.ok(&["recipients", "list"]).stdout;
    assert!(
        list.contains("r3@example.org  suspended on ") && list.contains("550 5.1.1 no such user"),
        "{list}"
    );
    assert_eq!(list.matches("suspended").count(), 1, "{list}");
    let status = bot.run(&["status"]);
    assert!(status.stdout.contains("r3@example.org is suspended since"), "{}", status.stdout);
    bot.write("feed.xml", &rss(&[("2", "Two", "Second.")]));
    bot.ok(&["send"]);
    assert_eq!(server.accepted().len(), 7 + 9, "the others get the next edition");
    bot.ok(&["recipients", "resume", "r3@example.org"]);
    bot.write("feed.xml", &rss(&[("3", "Three", "Third.")]));
    bot.ok(&["send"]);
    assert_eq!(server.accepted().len(), 7 + 9 + 10);
}

#[test]
fn a_mailbox_that_stays_full_for_a_week_is_suspended() {
    let server = SmtpServer::start();
    let bot = bot(&server, "");
    for day in ["20", "23", "27"] {
        assert!(!bot.ok(&["recipients", "list"]).stdout.contains("suspended"), "{day}");
        server.fault("r4@example.org", Step::Rcpt, Does::Reply("552 5.2.2 mailbox full"));
        bot.write("feed.xml", &rss(&[(day, &format!("Day {day}"), "Words.")]));
        assert_eq!(bot.run(&["send", "--now", &format!("2026-11-{day}T07:30:00Z")]).code, 1);
    }
    let list = bot.ok(&["recipients", "list"]).stdout;
    assert!(list.contains("r4@example.org  suspended on 2026-11-27: 3 mails have not reached it"), "{list}");
}

#[test]
fn connections_work_side_by_side_and_are_renewed() {
    let server = SmtpServer::start();
    let readers: String = (0..90).map(|n| format!("[[recipient]]\nemail = \"r{n}@example.org\"\n")).collect();
    let bot = Bot::new(&format!(
        "[mail]\nfrom = \"news@example.org\"\n[[feed]]\nurl = \"feed.xml\"\n{readers}{}connections = 3\nper_connection = 10\n",
        server.config()
    ));
    bot.write("feed.xml", &rss(&[("1", "One", "First.")]));
    // A server may end a conversation that it finds long enough: that stops nothing.
    server.fault("r50@example.org", Step::Rcpt, Does::Reply("421 4.7.0 too many messages"));
    bot.ok(&["send"]);
    assert_eq!(arrived(&server), (90, 0));
    assert!((9..=13).contains(&server.connections()), "{}", server.connections());
}

#[test]
fn no_more_mails_leave_in_a_minute_than_the_owner_wants() {
    let server = SmtpServer::start();
    let bot = bot(&server, "max_per_minute = 300");
    let start = Instant::now();
    bot.ok(&["send"]);
    // Nine waits of 0.2 s, and none when nothing is left.
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(1800), "{took:?}");
    assert_eq!(arrived(&server), (10, 0));
}

#[test]
fn what_a_server_can_take_is_asked_first() {
    let server = SmtpServer::offering(&["SIZE 1000"]);
    let ran = bot(&server, "").run(&["send"]);
    assert!(ran.stdout.contains("the server takes 1000"), "{}", ran.stdout);
    assert!(!server.commands().iter().any(|c| c.starts_with("MAIL")), "{:?}", server.commands());

    let server = SmtpServer::offering(&["SIZE 1000000", "SMTPUTF8"]);
    let readers = "[[recipient]]\nemail = \"用户@例子.中国\"\nname = \"用户\"\n[[recipient]]\nemail = \"ada@例子.中国\"\n";
    let config = format!("[mail]\nfrom = \"news@例子.中国\"\n[[feed]]\nurl = \"feed.xml\"\n{readers}");
    let bot = Bot::new(&format!("{config}{}", server.config()));
    bot.write("feed.xml", &rss(&[("1", "渡轮", "正文。")]));
    bot.ok(&["send"]);
    let commands = server.commands();
    let mails: Vec<_> = commands.iter().filter(|c| c.starts_with("MAIL")).collect();
    assert!(mails[0].starts_with("MAIL FROM:<news@xn--fsqu00a.xn--fiqs8s> SIZE="), "{mails:?}");
    assert!(mails[0].ends_with(" SMTPUTF8") && !mails[1].contains("SMTPUTF8"), "{mails:?}");
    assert!(commands.contains(&"RCPT TO:<用户@xn--fsqu00a.xn--fiqs8s>".into()), "{commands:?}");
    assert!(commands.contains(&"RCPT TO:<ada@xn--fsqu00a.xn--fiqs8s>".into()), "{commands:?}");

    let server = SmtpServer::start();
    bot.write("digest.toml", &format!("{config}{}", server.config()));
    bot.write("feed.xml", &rss(&[("2", "渡轮", "正文。")]));
    let ran = bot.run(&["send"]);
    assert!(
        ran.stdout.contains("rejected to 用户@例子.中国") && ran.stdout.contains("SMTPUTF8"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("delivered to ada@例子.中国"), "{}", ran.stdout);
}

#[test]
fn a_token_opens_the_server_and_a_stale_one_burns_nobody() {
    // user=news^Aauth=Bearer t0ken^A^A
    let server = SmtpServer::with(
        crate::smtp_server::Security::Plain,
        Some("dXNlcj1uZXdzAWF1dGg9QmVhcmVyIHQwa2VuAQE="),
        "127.0.0.1:0",
    );
    let bot = bot(&server, "");
    let config = std::fs::read_to_string(bot.path("digest.toml")).unwrap();
    let with = |command: &str| format!("{config}username = \"news\"\ntoken_command = \"{command}\"\n");
    bot.write("digest.toml", &with("echo stale"));
    let ran = bot.run(&["send", "--json"]);
    let (outstanding, trouble) = counts(&ran);
    assert_eq!((ran.code, outstanding), (1, 10));
    assert!(trouble.contains("the login as news failed: 535 5.7.8 wrong password"), "{trouble}");
    bot.write("digest.toml", &with("echo t0ken"));
    bot.ok(&["send"]);
    assert_eq!(arrived(&server), (10, 0));
}

#[test]
fn a_wrong_password_never_costs_a_mail_however_long_it_stays_wrong() {
    let server =
        SmtpServer::with(crate::smtp_server::Security::Plain, Some("AG5ld3MAczNjcmV0"), "127.0.0.1:0");
    let bot = bot(&server, "");
    let config = std::fs::read_to_string(bot.path("digest.toml")).unwrap();
    bot.write("digest.toml", &format!("{config}username = \"news\"\npassword_env = \"PASSWORD\"\n"));
    for day in 20..25 {
        let now = format!("2026-11-{day}T07:30:00Z");
        assert_eq!(bot.run_with(&["send", "--now", &now], &[("PASSWORD", "wrong")]).code, 1);
    }
    let ran = bot.run_with(&["send", "--now", "2026-11-25T07:30:00Z"], &[("PASSWORD", "s3cret")]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(arrived(&server), (10, 0));
}

/// The next many mails to everybody meet this.
fn always(server: &SmtpServer, step: Step, does: Does) {
    for n in 0..10 {
        for _ in 0..60 {
            server.fault(&format!("r{n}@example.org"), step, does);
        }
    }
}

#[test]
fn one_recipient_whose_mails_end_the_conversation_holds_up_nobody() {
    let server = SmtpServer::start();
    for _ in 0..5 {
        server.fault("r0@example.org", Step::Rcpt, Does::Reply("421 4.7.0 not this one"));
    }
    let bot = bot(&server, "");
    let ran = bot.run(&["send", "--json"]);
    assert_eq!((ran.code, counts(&ran)), (1, (1, String::new())), "{}", ran.stdout);
    assert_eq!(arrived(&server), (9, 0));
}

#[test]
fn a_server_that_refuses_everybody_suspends_nobody_however_the_retries_fall() {
    for reply in ["550 5.1.1 no such user", "554 5.7.1 Relay access denied", "550 5.4.5 Daily limit exceeded"]
    {
        let server = SmtpServer::start();
        always(&server, Step::Rcpt, Does::Reply(reply));
        let bot = bot(&server, "");
        assert_eq!(bot.run(&["send", "--now", "2026-11-20T07:30:00Z"]).code, 1);
        // Two days on, each is tried alone and at a time of its own.
        let database = rusqlite::Connection::open(bot.path("tidings.db")).unwrap();
        let far = utc("2026-12-30T00:00:00Z").timestamp();
        for n in 0..8 {
            let now = utc("2026-11-22T07:30:00Z") + chrono::Duration::minutes(n);
            let only =
                format!("UPDATE delivery SET next_attempt = iif(id = {}, {}, {far})", n + 1, now.timestamp());
            database.execute_batch(&only).unwrap();
            bot.dispatch_due(now);
        }
        assert!(!bot.ok(&["recipients", "list"]).stdout.contains("suspended"), "{reply}");
        let status = bot.run(&["status", "--json"]).stdout;
        let status: serde_json::Value = serde_json::from_str(&status).unwrap();
        assert_eq!((status["outbox"].as_u64(), status["lost"].as_u64()), (Some(10), Some(0)), "{reply}");
        let healthy = SmtpServer::start();
        let config = std::fs::read_to_string(bot.path("digest.toml")).unwrap();
        let port = |server: &SmtpServer| format!("port = {}", server.address.port());
        bot.write("digest.toml", &config.replace(&port(&server), &port(&healthy)));
        bot.ok(&["send", "--now", "2026-11-22T09:00:00Z"]);
        assert_eq!(arrived(&healthy), (10, 0), "{reply}");
    }
}

#[test]
fn time_lost_to_a_wrong_password_is_not_the_mails() {
    let server =
        SmtpServer::with(crate::smtp_server::Security::Plain, Some("AG5ld3MAczNjcmV0"), "127.0.0.1:0");
    let bot = bot(&server, "");
    let config = std::fs::read_to_string(bot.path("digest.toml")).unwrap();
    bot.write("digest.toml", &format!("{config}username = \"news\"\npassword_env = \"PASSWORD\"\n"));
    let send = |now: &str, password| bot.run_with(&["send", "--now", now], &[("PASSWORD", password)]);
    for day in 20..23 {
        assert_eq!(send(&format!("2026-11-{day}T07:30:00Z"), "wrong").code, 1);
    }
    // Put right, and at once the server is away, and then it greylists.
    server.fault("", Step::Greeting, Does::Drop);
    let ran = send("2026-11-22T09:00:00Z", "s3cret");
    assert!(!ran.stdout.contains("given up"), "{}", ran.stdout);
    server.fault("r0@example.org", Step::Rcpt, Does::Reply("450 4.7.1 greylisted"));
    let ran = send("2026-11-22T10:00:00Z", "s3cret");
    assert!(ran.stdout.contains("deferred to r0@example.org"), "{}", ran.stdout);
    assert_eq!(send("2026-11-22T11:00:00Z", "s3cret").code, 0);
    assert_eq!(arrived(&server), (10, 0));
}

#[test]
fn a_password_that_cannot_be_had_leaves_no_mail_unknown() {
    let server = SmtpServer::start();
    let bot = bot(&server, "on_unknown = \"hold\"");
    let config = std::fs::read_to_string(bot.path("digest.toml")).unwrap();
    bot.write("digest.toml", &format!("{config}username = \"news\"\npassword_command = \"exit 1\"\n"));
    for _ in 0..3 {
        let ran = bot.run(&["send"]);
        assert_eq!(ran.code, 1);
        assert!(
            ran.stderr.contains("cannot send: the password command `exit 1` ended with"),
            "{}",
            ran.stderr
        );
    }
    assert!(!bot.ok(&["outbox", "list"]).stdout.contains("held"));
    bot.write("digest.toml", &config);
    bot.ok(&["send"]);
    assert_eq!(arrived(&server), (10, 0));
}
