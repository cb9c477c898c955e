//! What comes back: bounces, complaints, requests to leave, and who is believed.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::bot::{Bot, Ran, rss};
use crate::postfix::Postfix;
use crate::smtp_server::{Does, SmtpServer, Step};

const CONFIG: &str = "timezone = \"UTC\"\n[mail]\nfrom = \"News <news@example.org>\"\nbounces = \"bounces@example.org\"\n[[recipient]]\nemail = \"ada@example.org\"\n[[recipient]]\nemail = \"bob@example.org\"\n[[feed]]\nurl = \"feed.xml\"\n";

impl Bot {
    /// Hands a message over as a mail system does.
    fn receive(&self, message: &str, arguments: &[&str]) -> Ran {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tidings"))
            .current_dir(self.path("."))
            .arg("receive")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(message.as_bytes()).unwrap();
        Ran::from(&child.wait_with_output().unwrap())
    }

    /// Publishes an edition; says who got it.
    fn edition(&self, server: &SmtpServer, number: u32, now: &str) -> Vec<String> {
        let before = server.accepted().len();
        self.write("feed.xml", &rss(&[(&number.to_string(), &format!("Article {number}"), "Words.")]));
        self.ok(&["send", "--now", now]);
        let mut readers: Vec<_> = server.accepted().drain(before..).map(|(to, _)| to).collect();
        readers.sort();
        readers
    }
}

/// A report as Postfix writes them.
fn bounce(to: &str, recipient: &str, status: &str, words: &str) -> String {
    format!(
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mail.example.org (Mail Delivery System)\r\nSubject: Undelivered Mail Returned to Sender\r\nTo: {to}\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nI'm sorry.\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mail.example.org\r\n\r\nFinal-Recipient: rfc822; {recipient}\r\nAction: failed\r\nStatus: {status}\r\nDiagnostic-Code: smtp; {words}\r\n\r\n--b--\r\n"
    )
}

fn bot(server: &SmtpServer) -> Bot {
    let bot = Bot::new(&format!("{CONFIG}{}", server.config()));
    bot.write("feed.xml", &rss(&[]));
    bot
}

/// The envelope senders of the last mails, by recipient.
fn sender_of(server: &SmtpServer, reader: &str) -> String {
    let last = server.accepted().iter().rposition(|(to, _)| to == reader).unwrap();
    server.senders()[last].clone()
}

#[test]
fn each_mail_has_an_address_of_its_own_for_what_comes_back() {
    let server = SmtpServer::start();
    let bot = bot(&server);
    assert_eq!(bot.edition(&server, 1, "2026-11-20T07:30:00Z"), ["ada@example.org", "bob@example.org"]);
    let (ada, bob) = (sender_of(&server, "ada@example.org"), sender_of(&server, "bob@example.org"));
    assert_ne!(ada, bob);
    assert!(ada.starts_with("bounces+") && ada.ends_with("@example.org"), "{ada}");

    let gone = bounce(&ada, "ada@example.org", "5.1.1", "550 5.1.1 no such user");
    let ran = bot.receive(&gone, &[]);
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (0, "ada@example.org is suspended: 550 5.1.1 no such user\n")
    );
    assert!(bot.receive(&gone, &[]).stdout.contains("a second report"));
    assert_eq!(bot.edition(&server, 2, "2026-11-21T07:30:00Z"), ["bob@example.org"]);
    let list = bot.ok(&["outbox", "list"]).stdout;
    assert!(list.contains("ada@example.org  bounced") && list.contains("550 5.1.1"), "{list}");
    bot.ok(&["recipients", "resume", "ada@example.org"]);
    assert_eq!(bot.edition(&server, 3, "2026-11-22T07:30:00Z"), ["ada@example.org", "bob@example.org"]);
}

#[test]
fn nobody_is_suspended_by_a_report_that_somebody_made_up() {
    let server = SmtpServer::start();
    let bot = bot(&server);
    bot.edition(&server, 1, "2026-11-20T07:30:00Z");
    let sender = sender_of(&server, "ada@example.org");
    let other = if sender.contains("bounces+a") { "bounces+b" } else { "bounces+a" };
    let rest: String = sender.chars().skip("bounces+a".len()).collect();
    for forged in [
        "bounces@example.org".to_owned(),
        "news@example.org".to_owned(),
        sender.replacen("bounces+", "bounces+x", 1),
        format!("{other}{rest}"),
        sender.replace("example.org", "example.com"),
    ] {
        let ran = bot.receive(&bounce(&forged, "ada@example.org", "5.1.1", "550 no such user"), &[]);
        assert!(
            ran.stdout.starts_with("ignored: a report that is not addressed"),
            "{forged}: {}",
            ran.stdout
        );
    }
    // Reports of mails that did arrive, or may yet.
    for (from, to) in [("Action: failed", "Action: delayed"), ("Action: failed", "Action: delivered")] {
        let report = bounce(&sender, "ada@example.org", "4.4.1", "timed out").replace(from, to);
        assert!(bot.receive(&report, &[]).stdout.contains("did not fail"), "{to}");
    }
    // They mind us, not the reader.
    let policy = bounce(&sender, "ada@example.org", "5.7.1", "550 5.7.1 blocked");
    assert_eq!(bot.receive(&policy, &[]).stdout, "noted for ada@example.org: 550 5.7.1 blocked\n");
    assert!(!bot.ok(&["recipients", "list"]).stdout.contains("suspended"));
    for garbage in ["", "\0\0\0", "Subject: lunch?\r\n\r\nAt noon?\r\n"] {
        let ran = bot.receive(garbage, &[]);
        assert_eq!(ran.code, 0);
        assert!(ran.stdout.starts_with("ignored: "), "{}", ran.stdout);
    }
}

#[test]
fn a_full_mailbox_counts_when_it_stays_full() {
    let server = SmtpServer::start();
    let bot = bot(&server);
    for (number, day) in ["20", "23", "27"].into_iter().enumerate() {
        let now = format!("2026-11-{day}T07:30:00Z");
        bot.edition(&server, number as u32, &now);
        let sender = sender_of(&server, "ada@example.org");
        let full = bounce("unknown@example.org", "ada@example.org", "5.2.2", "552 5.2.2 over quota");
        // The mail system says whom it was for, where the message does not.
        let ran = bot.receive(&full, &["--to", &sender.to_uppercase(), "--now", &now]);
        let expected =
            if day == "27" { "ada@example.org is suspended: 552 5.2.2" } else { "noted for ada@example.org" };
        assert!(ran.stdout.starts_with(expected), "{day}: {}", ran.stdout);
    }
    assert_eq!(bot.edition(&server, 9, "2026-11-28T07:30:00Z"), ["bob@example.org"]);
}

#[test]
fn readers_leave_by_mail_and_by_complaint() {
    let server = SmtpServer::start();
    let bot = bot(&server);
    bot.edition(&server, 1, "2026-11-20T07:30:00Z");
    let mail = String::from_utf8(server.raw()[0].clone()).unwrap();
    let (_, rest) = mail.split_once("subject=unsubscribe%20").unwrap();
    let token = rest.split('>').next().unwrap();
    // Whoever holds the token is believed, wherever they write from.
    let request =
        format!("From: <other@example.com>\r\nTo: news@example.org\r\nSubject: unsubscribe {token}\r\n\r\n");
    assert_eq!(bot.receive(&request, &[]).stdout, "ada@example.org has left daily\n");
    assert_eq!(bot.edition(&server, 2, "2026-11-21T07:30:00Z"), ["bob@example.org"]);
    // The link in the text names the digest; the reader is who writes.
    let stranger = "From: <cy@example.org>\r\nTo: news@example.org\r\nSubject: unsubscribe daily\r\n\r\n";
    assert!(bot.receive(stranger, &[]).stdout.contains("no recipient"));
    let away = "From: <bob@example.org>\r\nTo: news@example.org\r\nAuto-Submitted: auto-replied\r\nSubject: Re: unsubscribe daily\r\n\r\n";
    assert!(bot.receive(away, &[]).stdout.starts_with("ignored"));
    let bob = "From: Bob <Bob@Example.org>\r\nTo: news@example.org\r\nSubject: unsubscribe daily\r\n\r\n";
    assert_eq!(bot.receive(bob, &[]).stdout, "bob@example.org has left daily\n");
    bot.ok(&["recipients", "resume", "bob@example.org"]);
    assert_eq!(bot.edition(&server, 3, "2026-11-22T07:30:00Z"), ["bob@example.org"]);
    // "This is spam", says the reader to the mailbox provider, and that says it to us.
    let id = server.accepted().last().unwrap().1.id.clone();
    let complaint = |id: &str| {
        format!(
            "From: <fbl@provider.example>\r\nTo: news@example.org\r\nSubject: complaint\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nA complaint.\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: X/1\r\nVersion: 1\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: news@example.org\r\nMessage-ID: <{id}>\r\nSubject: Daily\r\n\r\nText.\r\n--b--\r\n"
        )
    };
    assert!(bot.receive(&complaint("made-up@example.org"), &[]).stdout.starts_with("ignored: a complaint"));
    assert_eq!(bot.receive(&complaint(&id), &[]).stdout, "bob@example.org has left daily\n");
    let status = bot.run(&["status"]).stdout;
    assert!(status.contains("ada@example.org has left daily"), "{status}");
}

#[test]
fn a_mail_system_is_told_to_come_again_when_we_are_in_trouble() {
    let server = SmtpServer::start();
    let bot = bot(&server);
    bot.write("digest.toml", "nonsense = ");
    let ran = bot.receive("Subject: x\r\n\r\n", &[]);
    assert_eq!(ran.code, 75, "{}", ran.stderr);
}

#[test]
fn a_real_bounce_finds_its_reader() {
    let next = SmtpServer::start();
    next.fault("bob@nowhere.example", Step::Rcpt, Does::Reply("550 5.1.1 no such user here"));
    let Some(postfix) = Postfix::start_before(next.address.port()) else { return };
    let bot = Bot::new(&format!(
        "{}{}",
        CONFIG.replace("bob@example.org", "bob@nowhere.example"),
        postfix.config()
    ));
    bot.write("feed.xml", &rss(&[("1", "One", "First.")]));
    bot.ok(&["send"]);
    postfix.settle();
    let report = postfix.raw().into_iter().find(|mail| mail.contains("report-type=delivery-status"));
    let ran = bot.receive(&report.expect("a bounce"), &[]);
    assert!(ran.stdout.starts_with("bob@nowhere.example is suspended: "), "{}", ran.stdout);
    assert!(ran.stdout.contains("550 5.1.1 no such user here"), "{}", ran.stdout);
    assert!(bot.ok(&["outbox", "list"]).stdout.contains("bob@nowhere.example  bounced"));
}
