use std::net::TcpListener;

use crate::bot::{Bot, rss};
use crate::smtp_server::{Does, Security, SmtpServer, Step};

const THREE: &str = "[mail]\nfrom = \"News <news@example.org>\"\n[[feed]]\nurl = \"feed.xml\"\n[[recipient]]\nemail = \"ada@example.org\"\n[[recipient]]\nemail = \"bob@example.org\"\n[[recipient]]\nemail = \"cy@example.org\"\nformat = \"text\"\n";

fn bot(smtp: &str) -> Bot {
    let bot = Bot::new(&format!("{THREE}{smtp}"));
    bot.write("feed.xml", &rss(&[("1", "One", "First.")]));
    bot
}

fn readers(server: &SmtpServer) -> Vec<String> {
    server.accepted().into_iter().map(|(to, _)| to).collect()
}

#[test]
fn each_reader_gets_a_mail_of_their_own_over_one_connection() {
    let server = SmtpServer::start();
    let bot = bot(&server.config());
    bot.ok(&["send"]);
    let accepted = server.accepted();
    assert_eq!(readers(&server), ["ada@example.org", "bob@example.org", "cy@example.org"]);
    for (to, mail) in &accepted {
        assert_eq!(&mail.to, to);
        assert_eq!(mail.html.is_none(), to == "cy@example.org");
        assert!(mail.text.contains("1. One"));
        assert_eq!(mail.subject, "One");
    }
    let ids: std::collections::HashSet<_> = accepted.iter().map(|(_, m)| &m.id).collect();
    assert_eq!(ids.len(), 3);
    assert_eq!(server.connections(), 1);
    bot.ok(&["send"]);
    assert_eq!(server.accepted().len(), 3);
}

#[test]
fn lines_that_begin_with_dots_arrive_as_they_were() {
    let server = SmtpServer::start();
    let bot = bot(&format!("{}[[digest]]\ntitle = \".net daily\"\n", server.config()));
    bot.ok(&["send"]);
    let shown = |format| bot.ok(&["editions", "show", "daily/1", "--format", format]).stdout;
    let (text, html) = (shown("text"), shown("html"));
    assert!(text.contains("\n.net daily\n"), "{text}");
    for (to, mail) in server.accepted() {
        assert_eq!(mail.text.trim_end(), text.trim_end());
        if to != "cy@example.org" {
            assert_eq!(mail.html.unwrap().replace("\r\n", "\n").trim_end(), html.trim_end());
        }
    }
}

#[test]
fn with_the_server_down_nothing_is_lost_and_the_same_mail_goes_out_once() {
    // A port that nobody listens on, and that is ours again later.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = format!("[smtp]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n", address.port());
    let bot = bot(&config);
    let ran = bot.run(&["send", "--json"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("nobody listens there"), "{}", ran.stderr);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["dispatched"]["outstanding"], 3);
    let server = SmtpServer::start_at(address);
    let ran = bot.ok(&["send"]);
    assert!(ran.stdout.contains("nothing new"), "{}", ran.stdout);
    // Nobody's mail was taken up before there was somebody to take it.
    assert_eq!(readers(&server), ["ada@example.org", "bob@example.org", "cy@example.org"]);
    bot.ok(&["send"]);
    assert_eq!(server.accepted().len(), 3);
}

#[test]
fn the_message_id_is_the_same_at_every_attempt() {
    let server = SmtpServer::start();
    server.fault("bob@example.org", Step::Dot, Does::Drop);
    let bot = bot(&server.config());
    let ran = bot.run(&["send"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stdout.contains("unknown to bob@example.org: the line broke at the message"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("before the server's answer to it"), "{}", ran.stdout);
    // The others were not kept waiting.
    assert_eq!(readers(&server), ["ada@example.org", "bob@example.org", "cy@example.org"]);
    bot.ok(&["send"]);
    let bobs: Vec<_> = server.accepted().into_iter().filter(|(to, _)| to == "bob@example.org").collect();
    assert_eq!(bobs.len(), 2);
    assert_eq!(bobs[0].1.id, bobs[1].1.id);
}

#[test]
fn greylisting_passes_and_a_refused_reader_harms_nobody() {
    let server = SmtpServer::start();
    server.fault("ada@example.org", Step::Rcpt, Does::Reply("450 4.7.1 greylisted, come back later"));
    server.fault("bob@example.org", Step::Rcpt, Does::Reply("550 5.1.1 no such user"));
    let bot = bot(&server.config());
    let ran = bot.run(&["send"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("deferred to ada@example.org: 450 4.7.1 greylisted"), "{}", ran.stdout);
    assert!(ran.stdout.contains("rejected to bob@example.org: 550 5.1.1 no such user"), "{}", ran.stdout);
    assert_eq!(readers(&server), ["cy@example.org"]);
    assert_eq!(server.connections(), 1, "the connection survived");
    bot.ok(&["send"]);
    assert_eq!(readers(&server), ["cy@example.org", "ada@example.org"]);
    bot.ok(&["send"]);
    assert_eq!(server.accepted().len(), 2, "a rejected delivery is not tried again");
}

#[test]
fn a_line_that_breaks_and_a_message_that_is_refused_are_told_apart() {
    let server = SmtpServer::start();
    server.fault("ada@example.org", Step::Rcpt, Does::Drop);
    server.fault("bob@example.org", Step::Dot, Does::Reply("451 4.3.0 try again"));
    server.fault("cy@example.org", Step::Dot, Does::Reply("554 5.6.0 not like this"));
    let bot = bot(&server.config());
    let ran = bot.run(&["send"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("deferred to ada@example.org: the line broke at RCPT"), "{}", ran.stdout);
    assert!(ran.stdout.contains("deferred to bob@example.org: 451"), "{}", ran.stdout);
    assert!(ran.stdout.contains("rejected to cy@example.org: 554"), "{}", ran.stdout);
    bot.ok(&["send"]);
    assert_eq!(readers(&server), ["ada@example.org", "bob@example.org"]);
}

#[test]
fn a_server_that_is_busy_stops_the_run_and_burns_nobody() {
    let server = SmtpServer::start();
    for reader in ["ada@example.org", "bob@example.org"] {
        server.fault(reader, Step::Rcpt, Does::Reply("421 4.3.2 shutting down"));
    }
    let bot = bot(&server.config());
    let ran = bot.run(&["send"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("3 mails wait in the outbox"), "{}", ran.stdout);
    bot.ok(&["send"]);
    assert_eq!(server.accepted().len(), 3);
}

#[test]
fn mails_go_out_encrypted_and_logged_in() {
    // PLAIN: an empty authorisation, the user, the password, with NULs between.
    let login = "AG5ld3MAczNjcmV0";
    for security in [Security::Starttls, Security::Implicit] {
        let server = SmtpServer::with(security, Some(login), "127.0.0.1:0");
        let tls = if security == Security::Implicit { "implicit" } else { "starttls" };
        let config = format!(
            "[smtp]\nhost = \"localhost\"\nport = {}\ntls = \"{tls}\"\nusername = \"news\"\npassword_env = \"PASSWORD\"\n",
            server.address.port()
        );
        let bot = bot(&config);
        let with = |password| bot.run_with(&["send"], &[("PASSWORD", password)]);
        let ran = with("s3cret");
        assert_eq!(ran.code, 1, "an unknown certificate must not be trusted");
        assert!(ran.stderr.to_lowercase().contains("certificate"), "{}", ran.stderr);
        bot.write("ca.pem", &server.certificate);
        bot.write("digest.toml", &format!("{THREE}{config}ca_file = \"ca.pem\"\n"));
        let ran = with("wrong");
        assert_eq!(ran.code, 1);
        assert!(ran.stderr.contains("the login as news failed: 535"), "{}", ran.stderr);
        assert!(!ran.stderr.contains("wrong\n") && !ran.stdout.contains("rejected"));
        let ran = with("s3cret");
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        assert_eq!(server.accepted().len(), 3);
        assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("s3cret"));
    }
}

#[test]
fn a_server_without_starttls_gets_neither_mail_nor_password() {
    let server = SmtpServer::start();
    let config = format!(
        "[smtp]\nhost = \"127.0.0.1\"\nport = {}\nusername = \"news\"\npassword_env = \"PASSWORD\"\n",
        server.address.port()
    );
    let ran = bot(&config).run_with(&["send"], &[("PASSWORD", "s3cret")]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("offers no STARTTLS"), "{}", ran.stderr);
    assert!(!server.commands().iter().any(|c| c.starts_with("AUTH") || c.starts_with("MAIL")));
}

#[test]
fn check_tries_the_way_out_and_each_feed_without_sending() {
    let server = SmtpServer::start();
    let bot = bot(&server.config());
    let ran = bot.ok(&["check"]);
    assert!(ran.stdout.contains("ok      feed feed.xml: 1 entry"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains(&format!("ok      smtp: 127.0.0.1:{} answers", server.address.port())),
        "{}",
        ran.stdout
    );
    assert!(!bot.path("tidings.db").exists());
    assert!(server.accepted().is_empty());
}

#[test]
fn a_mail_that_is_given_up_is_said_to_be_and_not_forgotten() {
    let bot = bot("[smtp]\nhost = \"127.0.0.1\"\nport = 9\ntls = \"none\"\n");
    bot.write(
        "digest.toml",
        &format!("{THREE}[smtp]\nhost = \"127.0.0.1\"\nport = 9\ntls = \"none\"\n")
            .replace("[mail]\n", "[mail]\nretry_for = \"1h\"\n"),
    );
    for hour in ["06", "12", "13", "14"] {
        let ran = bot.run(&["send", "--now", &format!("2026-11-22T{hour}:00:00Z")]);
        assert!(!ran.stdout.contains("given up"), "{hour}: it has hardly been tried: {}", ran.stdout);
    }
    let ran = bot.run(&["send", "--now", "2026-11-22T15:00:00Z"]);
    for reader in ["ada", "bob", "cy"] {
        assert!(ran.stdout.contains(&format!("given up to {reader}@example.org")), "{}", ran.stdout);
    }
    let ran = bot.run(&["status", "--now", "2026-11-23T07:00:00Z"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stdout.contains("3 mails were refused, given up or sent back in the last seven days"),
        "{}",
        ran.stdout
    );
}
