//! What mail servers say, and how: replies without words, in other charsets, too long, at the
//! wrong time, and by somebody else.

use std::time::{Duration, Instant};

use crate::bot::{Bot, Ran, rss};
use crate::smtp_server::{Does, Security, SmtpServer, Step};

fn bot_of(smtp: &str, readers: usize) -> Bot {
    let readers: String =
        (0..readers).map(|n| format!("[[recipient]]\nemail = \"r{n}@example.org\"\n")).collect();
    let bot = Bot::new(&format!(
        "timezone = \"UTC\"\n[mail]\nfrom = \"News <news@example.org>\"\n{readers}[[feed]]\nurl = \"feed.xml\"\n[[digest]]\nid = \"daily\"\ntitle = \"Daily\"\nat = \"07:00\"\n{smtp}timeout = \"3s\"\n"
    ));
    bot.write("feed.xml", &rss(&[("1", "One", "First.")]));
    bot
}

/// What was said to the server, word by word.
fn verbs(server: &SmtpServer) -> Vec<String> {
    let verb = |command: &String| command.split([' ', ':']).next().unwrap_or_default().to_owned();
    server.commands().iter().map(verb).collect()
}

fn with_login(server: &SmtpServer) -> Ran {
    let login = format!("{}username = \"u\"\npassword_env = \"PW\"\n", server.config());
    bot_of(&login, 1).run_with(&["send"], &[("PW", "secret")])
}

#[test]
fn hello_is_said_once_and_once_more_after_starttls_only() {
    let server = SmtpServer::start();
    assert_eq!(with_login(&server).code, 0);
    assert_eq!(verbs(&server), ["EHLO", "AUTH", "MAIL", "RCPT", "DATA", "QUIT"]);
    let server = SmtpServer::with(Security::Starttls, None, "127.0.0.1:0");
    let bot = Bot::new("");
    bot.write("ca.pem", &server.certificate);
    let smtp = format!(
        "[smtp]\nhost = \"localhost\"\nport = {}\nca_file = \"{}\"\n",
        server.address.port(),
        bot.path("ca.pem").display()
    );
    bot_of(&smtp, 1).ok(&["send"]);
    assert_eq!(verbs(&server), ["EHLO", "STARTTLS", "EHLO", "MAIL", "RCPT", "DATA", "QUIT"]);
}

#[test]
fn helo_will_do_where_ehlo_is_unknown_and_nothing_of_it_is_needed() {
    for refusal in ["500 unrecognized", "502 5.5.1 not implemented", "504 no"] {
        let server = SmtpServer::start();
        server.fault("", Step::Ehlo, Does::Reply(refusal));
        bot_of(&server.config(), 1).ok(&["send"]);
        assert_eq!(verbs(&server)[..3], ["EHLO", "HELO", "MAIL"], "{refusal}");
    }
    let server = SmtpServer::start();
    server.fault("", Step::Ehlo, Does::Reply("502 not implemented"));
    let ran = with_login(&server);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("EHLO: 502 not implemented"), "{}", ran.stderr);
}

#[test]
fn keywords_are_read_in_any_case_and_spelling() {
    for hello in [
        b"250-mx\r\n250-auth plain login\r\n250 size 1000000\r\n".as_slice(),
        b"250-mx\r\n250 AUTH=PLAIN LOGIN\r\n",
        b"250-mx\r\n250-Auth=Login\r\n250 Auth Plain\r\n",
    ] {
        let server = SmtpServer::start();
        server.fault("", Step::Ehlo, Does::Say(hello));
        assert_eq!(with_login(&server).code, 0, "{}", String::from_utf8_lossy(hello));
    }
    let server = SmtpServer::with(Security::Plain, None, "127.0.0.1:0");
    server.fault("", Step::Ehlo, Does::Say(b"250-mx\r\n250 starttls\r\n"));
    let smtp = format!("[smtp]\nhost = \"localhost\"\nport = {}\n", server.address.port());
    assert!(bot_of(&smtp, 1).run(&["send"]).stderr.contains("its certificate is"), "it was begun");
    let server = SmtpServer::start();
    server.fault("", Step::Ehlo, Does::Say(b"250-mx\r\n250 AUTH CRAM-MD5 GSSAPI\r\n"));
    let said = with_login(&server).stderr;
    assert!(said.contains("the server knows only CRAM-MD5, GSSAPI"), "{said}");
}

#[test]
fn whatever_the_words_the_code_of_a_reply_decides() {
    for (step, reply) in [
        (Step::Greeting, b"220 Gr\xfc\xdfe ESMTP\r\n".as_slice()),
        (Step::Greeting, b"220\r\n"),
        (Step::Mail, b"250 best\xe4tigt\r\n"),
        (Step::Mail, b"250\r\n"),
        (Step::Rcpt, b"250-one\r\n250-two\r\n250 three\r\n"),
        (Step::Rcpt, b"251 \x1b[2Jwill forward\n"),
        (Step::Data, b"354\r\n"),
        (Step::Dot, b"250\r\n"),
        (Step::Dot, b"250 2.0.0 \xb7\xa2\xcb\xcd\xb3\xc9\xb9\xa6\r\n"),
        (Step::Dot, b"200 ok\r\n"),
        (Step::Dot, b"250-2.0.0 kept\n250\n"),
    ] {
        let server = SmtpServer::start();
        let name = if matches!(step, Step::Greeting | Step::Mail) { "" } else { "r0@example.org" };
        server.fault(name, step, Does::Say(reply));
        let bot = bot_of(&server.config(), 1);
        let ran = bot.run(&["send"]);
        assert_eq!(ran.code, 0, "{step:?} {}: {}", String::from_utf8_lossy(reply), ran.stdout);
        assert!(!ran.stdout.contains('\x1b') && !ran.stderr.contains('\x1b'));
        bot.ok(&["send"]);
        assert_eq!(server.accepted().len(), 1, "{step:?}");
    }
}

#[test]
fn a_reply_that_never_ends_is_no_reason_to_send_the_mail_again() {
    let server = SmtpServer::start();
    let endless: Vec<u8> = [b"250 ".to_vec(), vec![b'a'; 300_000]].concat();
    server.fault("r0@example.org", Step::Dot, Does::Say(endless.leak()));
    let bot = bot_of(&server.config(), 1);
    bot.ok(&["send"]);
    bot.ok(&["send"]);
    assert_eq!(server.accepted().len(), 1);
}

#[test]
fn what_no_server_ever_answers_is_sent_twice_and_then_held_and_its_owner_told() {
    for odd in [Does::Drop, Does::Say(b"354 go on\r\n"), Does::Say(b"Message accepted\r\n")] {
        let server = SmtpServer::start();
        for _ in 0..10 {
            server.fault("r0@example.org", Step::Dot, odd);
        }
        let alerts = format!("[alerts]\nto = \"owner@example.org\"\n{}", server.config());
        let bot = bot_of(&alerts, 2);
        for hour in 8..20 {
            bot.run(&["send", "--now", &format!("2026-11-22T{hour:02}:00:00Z")]);
        }
        let to = |address: &str| server.accepted().iter().filter(|(to, _)| to == address).count();
        assert_eq!((to("r0@example.org"), to("r1@example.org")), (2, 1), "{odd:?}");
        let list = bot.ok(&["outbox", "list"]).stdout;
        assert!(list.contains("r0@example.org  held: it may have arrived"), "{odd:?}: {list}");
        assert_eq!(bot.run(&["status"]).code, 1);
        let mails = server.accepted();
        let alert = mails.iter().find(|(to, _)| to == "owner@example.org").expect("an alert");
        assert!(alert.1.text.contains("1 mail of edition daily/1 may have arrived"), "{}", alert.1.text);
        assert!(!alert.1.text.contains("did not arrive"), "{}", alert.1.text);
        // It is the owner's to decide.
        bot.run(&["outbox", "retry", "r0@example.org", "--now", "2026-11-22T21:00:00Z"]);
        assert_eq!(to("r0@example.org"), 3);
    }
}

#[test]
fn what_is_added_before_tls_is_thrown_away() {
    let server = SmtpServer::with(Security::Starttls, None, "127.0.0.1:0");
    server.fault(
        "",
        Step::Starttls,
        Does::Say(
            b"220 go ahead\r\n250-evil\r\n250 AUTH PLAIN\r\n250 evil\r\n250 evil\r\n354 evil\r\n250 kept\r\n",
        ),
    );
    let ca = Bot::new("");
    ca.write("ca.pem", &server.certificate);
    let smtp = format!(
        "[smtp]\nhost = \"localhost\"\nport = {}\nca_file = \"{}\"\n",
        server.address.port(),
        ca.path("ca.pem").display()
    );
    let bot = bot_of(&smtp, 1);
    let ran = bot.run(&["send"]);
    // What had come by then is gone; what comes within the handshake breaks it.
    assert!(ran.code == 0 || ran.stderr.contains("TLS handshake"), "{}{}", ran.stdout, ran.stderr);
    assert!(!ran.stdout.contains("evil") && !ran.stdout.contains("kept"), "{}", ran.stdout);
    bot.ok(&["send"]);
    assert_eq!(server.accepted().len(), 1);
}

#[test]
fn a_server_that_takes_fewer_connections_gets_all_mails_over_those() {
    let server = SmtpServer::start();
    server.limit_connections(2);
    let bot = bot_of(&format!("{}connections = 6\n", server.config()), 150);
    let ran = bot.ok(&["send"]);
    assert!(ran.stdout.contains("150 mails delivered"), "{}", ran.stdout);
    assert_eq!(server.accepted().len(), 150);
    assert!(bot.ok(&["status"]).stdout.contains("empty"));
}

#[test]
fn a_server_that_counts_closed_connections_for_a_moment_gets_all_mails() {
    let server = SmtpServer::start();
    server.limit_connections(2);
    server.count_closed_connections(Duration::from_millis(300));
    let bot = bot_of(&format!("{}connections = 2\nper_connection = 10\n", server.config()), 60);
    let ran = bot.ok(&["send"]);
    assert!(ran.stdout.contains("60 mails delivered"), "{}", ran.stdout);
    assert_eq!(server.accepted().len(), 60);
}

#[test]
fn a_server_that_has_too_many_connections_gets_fewer_wherever_and_however_it_says_so() {
    for (step, reply) in [
        (Step::Greeting, "554 5.3.2 no"),
        (Step::Mail, "421 4.7.0 too many connections"),
        (Step::Mail, "450 4.7.1 too many concurrent sessions"),
        (Step::Rcpt, "554 5.7.1 Too many connections from your address"),
        (Step::Rcpt, "421 4.7.0 connection limit exceeded"),
        (Step::Data, "451 4.3.2 too many simultaneous SMTP connections"),
    ] {
        let server = SmtpServer::start();
        server.limit_connections_at(2, step, reply);
        let bot = bot_of(&format!("{}connections = 4\n", server.config()), 80);
        let ran = bot.run(&["send"]);
        assert!(ran.stdout.contains("80 mails delivered"), "{reply}: {}", ran.stdout);
        assert_eq!((ran.code, server.accepted().len()), (0, 80), "{reply}");
    }
}

#[test]
fn a_server_that_refuses_in_other_words_those_it_counts_a_moment_longer_gets_all_mails() {
    let server = SmtpServer::start();
    server.limit_connections_at(1, Step::Greeting, "554 no");
    server.count_closed_connections(Duration::from_millis(1500));
    let bot = bot_of(&format!("{}connections = 8\nper_connection = 10\n", server.config()), 60);
    let ran = bot.ok(&["send"]);
    assert!(ran.stdout.contains("60 mails delivered"), "{}", ran.stdout);
}

#[test]
fn a_connection_that_hangs_does_not_keep_those_waiting_that_have_nothing_left_to_do() {
    let server = SmtpServer::start();
    // The second connection is never greeted.
    server.fault("", Step::Greeting, Does::Wait(Duration::ZERO));
    server.fault("", Step::Greeting, Does::Stall);
    let bot = bot_of(&format!("{}connections = 2\n", server.config()), 60);
    let text = std::fs::read_to_string(bot.path("digest.toml")).unwrap();
    bot.write("digest.toml", &text.replace("timeout = \"3s\"", "timeout = \"20s\""));
    let started = Instant::now();
    let ran = bot.ok(&["send"]);
    assert!(ran.stdout.contains("60 mails delivered"), "{}", ran.stdout);
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

#[test]
fn a_connection_that_nobody_needed_any_more_is_no_outage() {
    let server = SmtpServer::start();
    for step in [Step::Greeting, Step::Ehlo] {
        server.fault("", step, Does::Wait(Duration::ZERO));
    }
    // The second one is turned away when the first has sent everything.
    server.fault("", Step::Greeting, Does::Wait(Duration::from_millis(800)));
    server.fault("", Step::Ehlo, Does::Reply("421 4.7.0 no more"));
    let bot = bot_of(&format!("{}connections = 2\n", server.config()), 22);
    bot.ok(&["send"]);
    assert_eq!(server.accepted().len(), 22);
}

#[test]
fn a_server_that_takes_nobody_any_more_is_named_and_its_mails_wait() {
    let server = SmtpServer::start();
    server.limit_connections_at(0, Step::Mail, "421 4.7.0 too many connections");
    let bot = bot_of(&server.config(), 3);
    let ran = bot.run(&["send"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("421 4.7.0 too many connections"), "{}", ran.stderr);
    let status = bot.run(&["status"]).stdout;
    assert!(status.contains("3 mails to be delivered"), "{status}");
}

#[test]
fn a_wrong_password_is_tried_once_a_round_however_many_connections() {
    let server = SmtpServer::with(Security::Plain, Some("right"), "127.0.0.1:0");
    let smtp = format!("{}username = \"u\"\npassword_env = \"PW\"\nconnections = 8\n", server.config());
    let ran = bot_of(&smtp, 200).run_with(&["send"], &[("PW", "wrong")]);
    assert_eq!(ran.code, 1);
    assert_eq!(verbs(&server).iter().filter(|verb| *verb == "AUTH").count(), 1);
}

#[test]
fn connections_end_with_a_goodbye_also_when_they_are_renewed() {
    let server = SmtpServer::start();
    let bot = bot_of(&format!("{}connections = 1\nper_connection = 2\n", server.config()), 5);
    bot.ok(&["send"]);
    assert_eq!(server.connections(), 3);
    assert_eq!(verbs(&server).iter().filter(|verb| *verb == "QUIT").count(), 3);
}
