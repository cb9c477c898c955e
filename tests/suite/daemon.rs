use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::bot::{Bot, rss};
use crate::smtp_server::{Does, SmtpServer, Step};

fn terminate(daemon: &mut Child) -> (Option<i32>, Duration) {
    let start = Instant::now();
    Command::new("kill").args(["-TERM", &daemon.id().to_string()]).status().expect("kill");
    let status = daemon.wait().expect("an end");
    (status.code(), start.elapsed())
}

fn until(what: &str, done: impl Fn() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(20), "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn minutes_ago(minutes: i64) -> String {
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
