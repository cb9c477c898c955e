use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::bot::{Bot, rss};
use crate::feed_server::{Answer, FeedServer};
use crate::smtp_server::{Does, SmtpServer, Step};

pub fn terminate(daemon: &mut Child) -> (Option<i32>, Duration) {
    let start = Instant::now();
    Command::new("kill").args(["-TERM", &daemon.id().to_string()]).status().expect("kill");
    let status = daemon.wait().expect("an end");
    (status.code(), start.elapsed())
}

pub fn until(what: &str, done: impl Fn() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(20), "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

pub fn minutes_ago(minutes: i64) -> String {
    (chrono::Utc::now() - chrono::Duration::minutes(minutes)).to_rfc3339()
}

#[test]
fn an_edition_that_came_due_is_delivered_and_the_daemon_stays_until_told() {
    let server = SmtpServer::start();
    let bot = Bot::new(&format!(
        "{{mail}}\n[[feed]]\nurl = \"feed.xml\"\n[[digest]]\nid = \"often\"\ncron = \"*/5 * * * *\"\n{}",
        server.config()
    ));
    bot.write("feed.xml", &rss(&[("1", "One", "First.")]));
    // The digest begins seven minutes ago, so a due time has passed by now.
    bot.ok(&["collect", "--now", &minutes_ago(7)]);
    let mut daemon = bot.start(&["run"]);
    until("the mail", || server.accepted().len() == 1);
    assert_eq!(daemon.try_wait().expect("a state"), None, "{}", bot.log());
    let (code, took) = terminate(&mut daemon);
    assert_eq!(code, Some(0), "{}", bot.log());
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert!(bot.log().contains("published"), "{}", bot.log());
    assert!(!bot.log().contains("ada@example.org"), "addresses are masked: {}", bot.log());
}

#[test]
fn a_daemon_that_starts_does_not_send_what_was_due_before_it_was_set_up() {
    let bot =
        Bot::new("{mail}\n[[feed]]\nurl = \"feed.xml\"\n[[digest]]\nid = \"yearly\"\ncron = \"0 0 1 1 *\"\n");
    bot.write("feed.xml", &rss(&[("1", "One", "First.")]));
    let mut daemon = bot.start(&["run"]);
    until("the first round", || bot.log().contains("collected"));
    let (code, _) = terminate(&mut daemon);
    assert_eq!(code, Some(0));
    assert!(bot.outbox().is_empty());
}

#[test]
fn a_delivery_that_failed_is_tried_again_by_the_daemon() {
    let server = SmtpServer::start();
    server.fault("ada@example.org", Step::Rcpt, Does::Reply("450 4.7.1 greylisted"));
    let bot = Bot::new(&format!("{{mail}}\n[[feed]]\nurl = \"feed.xml\"\n{}", server.config()));
    bot.write("feed.xml", &rss(&[("1", "One", "First.")]));
    assert_eq!(bot.run(&["send", "--now", &minutes_ago(10)]).code, 1);
    let mut daemon = bot.start(&["run"]);
    until("the mail", || server.accepted().len() == 1);
    terminate(&mut daemon);
}

fn hang_up(daemon: &Child) {
    Command::new("kill").args(["-HUP", &daemon.id().to_string()]).status().expect("kill");
}

#[test]
fn a_new_configuration_is_taken_over_and_a_wrong_one_is_not() {
    let feeds = FeedServer::start();
    for path in ["/old", "/new"] {
        feeds.serve(path, Answer::Feed(rss(&[("1", path, "Words.")])));
    }
    let config = |path: &str| {
        format!("{{mail}}\n[[digest]]\ncron = \"0 0 1 1 *\"\n[[feed]]\nurl = \"{}\"\n", feeds.url(path))
    };
    let bot = Bot::new(&config("/old"));
    let good = std::fs::read_to_string(bot.path("digest.toml")).unwrap();
    let mut daemon = bot.start(&["run"]);
    until("the first poll", || !feeds.requests().is_empty());
    bot.write("digest.toml", &format!("{good}\ntimezon = \"UTC\"\n"));
    hang_up(&daemon);
    until("the reasons", || bot.log().contains("the configuration stays as it was"));
    assert!(bot.log().contains("unknown key `timezon`"), "{}", bot.log());
    assert_eq!(daemon.try_wait().unwrap(), None);
    bot.write("digest.toml", &good.replace("/old", "/new"));
    hang_up(&daemon);
    until("the new configuration", || bot.log().contains("read the configuration again"));
    // The next minute polls by it.
    let start = Instant::now();
    while !feeds.requests().iter().any(|r| r.path == "/new") {
        assert!(start.elapsed() < Duration::from_secs(100), "{}", bot.log());
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(terminate(&mut daemon).0, Some(0));
}

#[test]
fn there_is_one_daemon_for_a_database() {
    let bot = Bot::new("{mail}\n[[feed]]\nurl = \"feed.xml\"\n");
    bot.write("feed.xml", &rss(&[]));
    let mut daemon = bot.start(&["run"]);
    until("the first round", || bot.log().contains("collected"));
    let second = bot.run(&["run"]);
    assert_eq!(second.code, 1);
    assert!(second.stderr.contains("another `tidings run` is at work on tidings.db"), "{}", second.stderr);
    // Everything else may be done beside it.
    bot.ok(&["send"]);
    bot.ok(&["status"]);
    terminate(&mut daemon);
    let mut daemon = bot.start(&["run"]);
    until("the first round", || bot.log().contains("waiting"));
    terminate(&mut daemon);
}

#[test]
fn told_to_stop_it_finishes_the_mail_in_hand_and_begins_no_other() {
    let server = SmtpServer::start();
    server.fault("ada@example.org", Step::Dot, Does::Wait(Duration::from_secs(2)));
    let bot = Bot::new(&format!(
        "{{mail}}\n[[recipient]]\nemail = \"bob@example.org\"\n[[feed]]\nurl = \"feed.xml\"\n[[digest]]\nid = \"often\"\ncron = \"*/5 * * * *\"\n{}",
        server.config()
    ));
    bot.write("feed.xml", &rss(&[("1", "One", "First.")]));
    bot.ok(&["collect", "--now", &minutes_ago(7)]);
    let mut daemon = bot.start(&["run"]);
    until("the mail in hand", || server.commands().iter().any(|c| c == "DATA"));
    let (code, took) = terminate(&mut daemon);
    assert_eq!(code, Some(0), "{}", bot.log());
    assert!(took < Duration::from_secs(5), "{took:?}");
    let readers: Vec<_> = server.accepted().into_iter().map(|(to, _)| to).collect();
    assert_eq!(readers, ["ada@example.org"]);
    let list = bot.ok(&["outbox", "list"]).stdout;
    assert!(list.contains("bob@example.org  waits") && !list.contains("ada"), "{list}");
}

pub fn get(port: u16, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn who_watches_over_it_sees_how_it_is() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let bot = Bot::new(&format!(
        "{{mail}}\n[web]\nlisten = \"127.0.0.1:{port}\"\n[[feed]]\nid = \"good\"\nurl = \"feed.xml\"\n[[feed]]\nid = \"gone\"\nurl = \"gone.xml\"\n"
    ));
    bot.write("feed.xml", &rss(&[("1", "One", "First.")]));
    bot.run(&["send"]);
    let socket = UnixDatagram::bind(bot.path("notify")).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let heard = || -> String {
        let mut bytes = [0; 200];
        let n = socket.recv(&mut bytes).expect("a word to the service manager");
        String::from_utf8_lossy(&bytes[..n]).into_owned()
    };
    let path = bot.path("notify").to_string_lossy().into_owned();
    let mut daemon = bot.start_with(&["run"], &[("NOTIFY_SOCKET", &path), ("WATCHDOG_USEC", "600000")]);
    assert_eq!(heard().trim(), "READY=1");
    assert_eq!(heard().trim(), "WATCHDOG=1");
    until("the pages", || TcpStream::connect(("127.0.0.1", port)).is_ok());
    assert!(get(port, "/healthz").starts_with("HTTP/1.1 200"));
    let metrics = get(port, "/metrics");
    for line in [
        "tidings_feeds{state=\"ok\"} 1",
        "tidings_feeds{state=\"failing\"} 1",
        "tidings_feed_failing_since_seconds{feed=\"gone\"} ",
        "tidings_last_edition_delivered{digest=\"daily\"} 1",
        "tidings_last_edition_seconds{digest=\"daily\"} ",
        "tidings_next_edition_seconds{digest=\"daily\"} ",
        "tidings_relay_outage_since_seconds 0",
        "# TYPE tidings_database_bytes gauge",
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
    hang_up(&daemon);
    let mut said = heard();
    while said.trim() == "WATCHDOG=1" {
        said = heard();
    }
    assert!(said.starts_with("RELOADING=1\nMONOTONIC_USEC="), "{said}");
    terminate(&mut daemon);
}
