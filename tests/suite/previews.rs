//! Looking at an edition before, and after, it is sent.

use std::time::{Duration, Instant};

use crate::bot::{Bot, rss};
use crate::feed_server::FeedServer;

fn bot() -> Bot {
    let bot = Bot::new(
        "{mail}\n[theme]\ntagline = \"Read it with coffee\"\n[[feed]]\nurl = \"feed.xml\"\n[[digest]]\nid = \"daily\"\ntitle = \"Daily\"\n",
    );
    bot.write("feed.xml", &rss(&[("1", "One", "Words of the first.")]));
    bot
}

#[test]
fn the_last_edition_is_shown_again_in_todays_look_and_nothing_changes() {
    let bot = bot();
    assert_eq!(bot.run(&["preview", "--last"]).code, 2);
    bot.ok(&["send", "--now", "2026-11-22T06:30:00Z"]);
    bot.write("feed.xml", &rss(&[("1", "One", "Words of the first."), ("2", "Two", "Words of the second.")]));
    bot.ok(&["collect", "--all"]);
    let sent = bot.only_mail().text;
    let restyled = std::fs::read_to_string(bot.path("digest.toml")).unwrap().replace("coffee", "tea");
    bot.write("digest.toml", &restyled);
    for _ in 0..2 {
        let last = bot.ok(&["preview", "--last", "--format", "text"]).stdout;
        assert_eq!(last.trim(), sent.replace("coffee", "tea").trim());
    }
    // What is new is still to come.
    let next = bot.ok(&["preview", "--format", "text"]).stdout;
    assert!(next.contains("Two") && !next.contains("One"), "{next}");
}

#[test]
fn a_preview_follows_the_configuration_as_it_is_saved() {
    let bot = bot();
    let out = bot.path("out.html");
    assert_eq!(bot.run(&["preview", "--watch"]).code, 2);
    let mut watching = bot.start(&["preview", "--watch", "--out", "out.html"]);
    let shows = |words: &str| {
        let start = Instant::now();
        while !std::fs::read_to_string(&out).is_ok_and(|html| html.contains(words)) {
            assert!(start.elapsed() < Duration::from_secs(20), "{words}: {}", bot.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    shows("Read it with coffee");
    let config = std::fs::read_to_string(bot.path("digest.toml")).unwrap();
    bot.write("mail.css", "h1{color:#123456}");
    // A mistake is said, and the last preview stays.
    bot.write("digest.toml", &config.replace("tagline", "tagleine"));
    let start = Instant::now();
    while !bot.log().contains("tagleine") {
        assert!(start.elapsed() < Duration::from_secs(20), "{}", bot.log());
        std::thread::sleep(Duration::from_millis(50));
    }
    shows("Read it with coffee");
    bot.write(
        "digest.toml",
        &config.replace("[theme]", "[theme]\ncss = \"mail.css\"").replace("coffee", "tea"),
    );
    shows("Read it with tea");
    shows("#123456");
    bot.write("mail.css", "h1{color:#654321}");
    shows("#654321");
    watching.kill().unwrap();
    watching.wait().unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_only_opened_lies_where_nobody_else_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let bot = bot();
    bot.write("bin/xdg-open", "#!/bin/sh\necho \"$1\" > opened\n");
    std::fs::set_permissions(bot.path("bin/xdg-open"), std::fs::Permissions::from_mode(0o755)).unwrap();
    bot.write("tmp/empty", "");
    let path = format!("{}:/usr/bin:/bin", bot.path("bin").display());
    let ran = bot.run_with(
        &["preview", "--open"],
        &[("PATH", &path), ("TMPDIR", &bot.path("tmp").display().to_string())],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.is_empty());
    let opened = std::fs::read_to_string(bot.path("opened")).unwrap();
    let file = std::path::Path::new(opened.trim());
    assert!(file.starts_with(bot.path("tmp")) && opened.trim().ends_with(".html"), "{opened}");
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(std::fs::read_to_string(file).unwrap().contains("Read it with coffee"));
}

#[test]
fn a_trial_of_the_last_edition_is_possible_when_nothing_is_new_and_changes_nothing() {
    let bot = Bot::new("{mail}\n[[feed]]\nurl = \"feed.xml\"\n");
    bot.write("feed.xml", &rss(&[("1", "One", "First.")]));
    bot.ok(&["send", "--now", "2026-11-22T07:00:00Z"]);
    let before = bot.ok(&["editions", "list"]).stdout;
    let said = bot.ok(&["send", "--to", "me@example.org", "--now", "2026-11-22T09:00:00Z"]).stdout;
    assert!(said.contains("nothing new for Daily Tidings: this is its last edition once more"), "{said}");
    let trial = bot.outbox().into_values().find(|mail| mail.to == "me@example.org").unwrap();
    assert!(trial.text.contains("1. One"), "{}", trial.text);
    assert_eq!(bot.ok(&["editions", "list"]).stdout, before);
}

#[test]
fn what_is_collected_and_not_shown_is_explained() {
    let bot = Bot::new(
        "{mail}\n[[feed]]\nurl = \"feed.xml\"\nfirst_run = 2\nmax_items = 3\nexclude = [\"Advert\"]\n",
    );
    let titles = ["One", "Advert", "Three", "Four", "Five"];
    let items: Vec<_> = titles.iter().map(|title| (*title, *title, "Body.")).collect();
    bot.write("feed.xml", &rss(&items));
    let said = bot.ok(&["send", "--now", "2026-11-22T07:00:00Z"]).stdout;
    assert!(
        said.contains("3 entries are not shown: 2 beyond `first_run` of feeds that are new, 1 by `include`"),
        "{said}"
    );
    let json: serde_json::Value =
        serde_json::from_str(&bot.ok(&["send", "--json", "--now", "2026-11-22T08:00:00Z"]).stdout).unwrap();
    assert_eq!(json["published"][0]["outcome"], "nothing_new");
}

#[test]
fn whom_cron_serves_is_watched_over_too() {
    let server = FeedServer::start();
    let bot = Bot::new(&format!(
        "{{mail}}\n[[feed]]\nurl = \"feed.xml\"\n[[digest]]\nid = \"daily\"\nping = \"{}\"\n",
        server.url("/ping")
    ));
    bot.write("feed.xml", &rss(&[("1", "One", "First.")]));
    let pings = || server.requests().iter().filter(|request| request.path == "/ping").count();
    bot.ok(&["send", "--to", "me@example.org"]);
    assert_eq!(pings(), 0, "a trial is no edition");
    bot.ok(&["send"]);
    assert_eq!(pings(), 1);
    bot.ok(&["send"]);
    assert_eq!(pings(), 2, "also when nothing was new");
}
