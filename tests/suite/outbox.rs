//! The outbox and the editions in their owner's hands, and the other ways for a mail to
//! leave.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::bot::{Bot, Mail, rss};
use crate::smtp_server::{Does, SmtpServer, Step};

fn two_readers(more: &str) -> Bot {
    let bot = Bot::new(&format!(
        "timezone = \"UTC\"\n[mail]\nfrom = \"News <news@example.org>\"\n[[recipient]]\nemail = \"ada@example.org\"\n[[recipient]]\nemail = \"bob@example.org\"\n[[feed]]\nurl = \"feed.xml\"\n{more}"
    ));
    bot.write("feed.xml", &rss(&[("1", "One", "First.")]));
    bot
}

#[test]
fn what_waits_is_listed_tried_again_and_dropped_by_name() {
    let server = SmtpServer::start();
    for reader in ["ada", "bob"] {
        let address = format!("{reader}@example.org");
        server.fault(&address, Step::Rcpt, Does::Reply("450 4.2.1 come back later"));
        server.fault(&address, Step::Rcpt, Does::Reply("450 4.2.1 come back later"));
    }
    let bot = two_readers(&server.config());
    assert_eq!(bot.run(&["send"]).code, 1);
    let list = bot.ok(&["outbox", "list"]).stdout;
    assert!(list.starts_with("1  daily/1  ada@example.org  tried 1 time, next "), "{list}");
    assert!(list.contains(": 450 4.2.1 come back later\n"), "{list}");
    let ran = bot.run(&["outbox", "retry"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("deferred to bob@example.org: 450"), "{}", ran.stdout);
    assert_eq!(bot.ok(&["outbox", "drop", "bob@example.org"]).stdout, "1 mail dropped\n");
    bot.ok(&["outbox", "retry", "1"]);
    assert_eq!(server.accepted().len(), 1);
    assert_eq!(bot.ok(&["outbox", "list"]).stdout, "the outbox is empty\n");
    assert_eq!(bot.run(&["outbox", "drop", "cy@example.org"]).code, 1);
    assert_eq!(bot.run(&["outbox", "retry", "cy@example.org"]).code, 2);
    let list = bot.ok(&["editions", "list"]).stdout;
    assert!(list.contains("daily/1") && list.contains("1 story  1 delivered"), "{list}");
}

#[test]
fn one_mail_can_be_tried_after_an_outage_before_all_the_others() {
    let server = SmtpServer::start();
    for reader in ["ada@example.org", "bob@example.org"] {
        server.fault(reader, Step::Rcpt, Does::Reply("450 4.2.1 come back later"));
    }
    server.fault("bob@example.org", Step::Dot, Does::Reply("554 5.6.0 not like this"));
    let bot = two_readers(&server.config());
    assert_eq!(bot.run(&["send", "-q"]).code, 1);
    bot.ok(&["outbox", "retry", "ada@example.org"]);
    assert_eq!(server.accepted().len(), 1);
    let ran = bot.run(&["outbox", "retry", "2", "-q"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("rejected to bob@example.org: 554"), "{}", ran.stdout);
    let ran = bot.run(&["outbox", "retry", "2"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("goes out again by `tidings editions resend`"), "{}", ran.stderr);
    assert_eq!(bot.run(&["status"]).code, 1);
    assert_eq!(bot.ok(&["outbox", "drop", "2"]).stdout, "1 mail dropped\n");
    assert_eq!(bot.ok(&["outbox", "list"]).stdout, "the outbox is empty\n");
    bot.ok(&["status"]);
    assert_eq!(bot.ok(&["send", "-q"]).stdout, "", "what went well is not said");
}

#[test]
fn who_waits_for_another_to_finish_sending_may_stop_waiting() {
    let bot = two_readers("");
    let lock = fs::File::create(bot.path("tidings.db.lock")).unwrap();
    lock.lock().unwrap();
    let mut waiting = bot.start(&["send"]);
    while !bot.log().contains("another tidings is sending from this outbox") {
        assert_eq!(waiting.try_wait().unwrap(), None, "{}", bot.log());
        thread::sleep(Duration::from_millis(50));
    }
    Command::new("kill").args(["-TERM", &waiting.id().to_string()]).status().unwrap();
    assert_eq!(waiting.wait().unwrap().code(), Some(1), "its mails have not left");
    drop(lock);
    bot.ok(&["send"]);
    assert_eq!(bot.outbox().len(), 2);
}

#[test]
fn two_processes_tell_the_owner_once() {
    let server = SmtpServer::start();
    server.fault("bob@example.org", Step::Rcpt, Does::Reply("550 5.1.1 no such user"));
    server.fault("owner@example.org", Step::Dot, Does::Wait(Duration::from_secs(2)));
    let bot = two_readers(&format!("[alerts]\nto = \"owner@example.org\"\n{}", server.config()));
    let mut first = bot.start(&["send"]);
    while server.commands().iter().all(|c| c != "RCPT TO:<owner@example.org>") {
        assert_eq!(first.try_wait().unwrap(), None, "{}", bot.log());
        thread::sleep(Duration::from_millis(20));
    }
    bot.ok(&["send"]);
    assert_eq!(first.wait().unwrap().code(), Some(1));
    let told = server.accepted().into_iter().filter(|(to, _)| to == "owner@example.org").count();
    assert_eq!(told, 1);
}

#[test]
fn an_edition_can_be_read_again_and_sent_again() {
    let server = SmtpServer::start();
    server.fault("bob@example.org", Step::Dot, Does::Reply("554 5.6.0 not like this"));
    let bot = two_readers(&server.config());
    assert_eq!(bot.run(&["send"]).code, 1);
    assert!(bot.ok(&["editions", "show", "1"]).stdout.contains("1. One"));
    assert!(bot.ok(&["editions", "show", "daily/1", "--format", "html"]).stdout.contains("<html"));
    assert_eq!(bot.run(&["editions", "show", "daily/7"]).code, 2);
    bot.ok(&["editions", "resend", "daily/1"]);
    let readers: Vec<_> = server.accepted().into_iter().map(|(to, _)| to).collect();
    assert_eq!(readers, ["ada@example.org", "bob@example.org"], "only who missed it");
    assert_eq!(bot.ok(&["editions", "resend", "daily/1"]).stdout, "everybody has daily/1\n");
    bot.ok(&["editions", "resend", "daily/1", "--to", "ada@example.org"]);
    let ids: Vec<_> = server.accepted().into_iter().map(|(_, mail)| mail.id).collect();
    assert_eq!(ids.len(), 3);
    assert_ne!(ids[0], ids[2], "who asks for it again gets a mail of its own");
    assert_eq!(bot.run(&["editions", "resend", "daily/1", "--to", "cy@example.org"]).code, 2);
    bot.ok(&["recipients", "suspend", "ada@example.org"]);
    let ran = bot.run(&["editions", "resend", "daily/1", "--to", "ada@example.org"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("has left or is suspended"), "{}", ran.stderr);
    assert_eq!(server.accepted().len(), 3);
}

#[test]
fn a_sendmail_command_takes_the_mails_and_its_exit_code_says_how() {
    let bot = two_readers("[sendmail]\ncommand = \"./sendmail --loud\"\n");
    let script = |rest: &str| {
        bot.write("sendmail", &format!("#!/bin/sh\nprintf '%s\\n' \"$*\" >> calls\n{rest}\n"));
        fs::set_permissions(bot.path("sendmail"), fs::Permissions::from_mode(0o755)).unwrap();
    };
    script("cat > /dev/null\nexit 75");
    let ran = bot.run(&["send"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stdout.contains("deferred to ada@example.org: ./sendmail --loud ended with 75"),
        "{}",
        ran.stdout
    );
    // What it leaves behind in the background is nobody's business.
    script("case $6 in bob*) echo 'user unknown' >&2; exit 67;; esac\nsleep 60 < /dev/null &\ncat > mail.$6");
    let begun = Instant::now();
    let ran = bot.run(&["send"]);
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    assert_eq!(ran.code, 1);
    assert!(
        ran.stdout.contains("rejected to bob@example.org: ./sendmail --loud ended with 67: user unknown"),
        "{}",
        ran.stdout
    );
    let calls = fs::read_to_string(bot.path("calls")).unwrap();
    assert!(calls.contains("--loud -i -f news@example.org -- ada@example.org\n"), "{calls}");
    let mail = fs::read(bot.path("mail.ada@example.org")).unwrap();
    assert!(Mail::read(&mail).text.contains("1. One"));
    assert!(!mail.contains(&b'\r'), "line ends as the machine writes them");
    script("exit 78");
    bot.write("feed.xml", &rss(&[("2", "Two", "Second.")]));
    let ran = bot.run(&["send"]);
    assert!(ran.stderr.contains("cannot send: ./sendmail --loud ended with 78"), "{}", ran.stderr);
    assert!(ran.stdout.contains("1 mail waits in the outbox"), "{}", ran.stdout);
}
