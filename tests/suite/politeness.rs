//! Politeness, seen in the requests that arrive. Time is what `--now` says: nobody waits.

use std::io::Write;
use std::time::{Duration, Instant};

use crate::bot::{Bot, rss};
use crate::feed_server::{Answer, FeedServer};

fn one() -> String {
    rss(&[("1", "One", "First.")])
}

fn bot_of(url: &str, more: &str) -> Bot {
    Bot::new(&format!("{{mail}}\n[[feed]]\nid = \"courier\"\nurl = \"{url}\"\n{more}"))
}

/// Polls the feeds whose time has come, at a time of 22 November.
fn collect(bot: &Bot, time: &str) -> String {
    bot.run(&["collect", "--now", &format!("2026-11-{time}Z")]).stdout
}

fn paths(server: &FeedServer) -> Vec<String> {
    server.requests().into_iter().map(|r| r.path).collect()
}

#[test]
fn a_permanent_move_is_believed_once_it_has_held() {
    let server = FeedServer::start();
    server.serve("/old", Answer::Raw("HTTP/1.1 301 Moved\r\nLocation: /new", Vec::new()));
    server.serve("/new", Answer::Feed(one()));
    let bot = bot_of(&server.url("/old"), "");
    for time in ["22T01:00:00", "22T02:00:00", "22T03:00:00", "22T04:00:00"] {
        collect(&bot, time);
    }
    assert_eq!(paths(&server), ["/old", "/new", "/old", "/new", "/old", "/new", "/new"]);
    // The new place fails: the old one is asked again, and the move has to hold anew.
    server.serve("/new", Answer::Raw("HTTP/1.1 500 Oops", Vec::new()));
    collect(&bot, "22T06:00:00");
    server.serve("/old", Answer::Feed(one()));
    collect(&bot, "22T09:00:00");
    assert_eq!(paths(&server)[7..], ["/new", "/old"]);
}

#[test]
fn a_temporary_move_is_never_believed() {
    let server = FeedServer::start();
    server.serve("/old", Answer::Raw("HTTP/1.1 302 Found\r\nLocation: /new", Vec::new()));
    server.serve("/new", Answer::Feed(one()));
    let bot = bot_of(&server.url("/old"), "");
    for hour in 1..6 {
        collect(&bot, &format!("22T0{hour}:00:00"));
    }
    assert_eq!(paths(&server).iter().filter(|p| *p == "/old").count(), 5);
}

#[test]
fn a_feed_that_is_gone_is_left_alone_and_its_owner_told() {
    let server = FeedServer::start();
    server.serve("/feed", Answer::Raw("HTTP/1.1 410 Gone", Vec::new()));
    let bot = bot_of(&server.url("/feed"), "");
    assert!(collect(&bot, "01T06:00:00").contains("gone for good (410)"));
    collect(&bot, "02T06:00:00");
    let ran = bot.run(&["collect", "--all", "--now", "2026-11-20T06:00:00Z"]);
    assert!(
        ran.stdout.contains("not asked before 2026-12-01 06:00 UTC: the server says that this feed is gone"),
        "{}",
        ran.stdout
    );
    assert_eq!(server.requests().len(), 1);
    // It is looked at once more, in case it came back.
    server.serve("/feed", Answer::Feed(one()));
    assert!(bot.ok(&["collect", "--now", "2026-12-01T07:00:00Z"]).stdout.contains("1 new"));
}

#[test]
fn a_server_that_asks_for_patience_gets_it_in_either_form() {
    for (status, retry_after) in [
        ("429 Too Many Requests", "7200"),
        ("429 Too Many Requests", "Sun, 22 Nov 2026 08:00:00 GMT"),
        ("503 Service Unavailable", "7200"),
    ] {
        let server = FeedServer::start();
        let head = format!("HTTP/1.1 {status}\r\nRetry-After: {retry_after}");
        server.serve("/feed", Answer::Raw(head.leak(), Vec::new()));
        let bot = bot_of(&server.url("/feed"), "");
        assert!(collect(&bot, "22T06:00:00").contains("asks to be left alone"));
        server.serve("/feed", Answer::Feed(one()));
        // Not even a person who wants everything now is let through.
        bot.run(&["collect", "--all", "--now", "2026-11-22T07:59:00Z"]);
        assert_eq!(server.requests().len(), 1, "{retry_after}");
        assert!(collect(&bot, "22T08:00:00").contains("1 new"), "{retry_after}");
    }
}

#[test]
fn the_feeds_own_wishes_are_heard() {
    let server = FeedServer::start();
    let hints = "<ttl>120</ttl><skipHours><hour>8</hour><hour>9</hour></skipHours><item>";
    server.serve("/feed", Answer::Feed(one().replacen("<item>", hints, 1)));
    server.serve(
        "/cached",
        Answer::Raw("HTTP/1.1 200 OK\r\nCache-Control: public, max-age=10800", one().into_bytes()),
    );
    let asked = |path: &str, times: &[&str]| {
        let bot = bot_of(&server.url(path), "");
        times.iter().map(|time| collect(&bot, time)).filter(|said| said.contains("collected 1")).count()
    };
    assert_eq!(
        asked("/feed", &["22T06:30:00", "22T07:40:00", "22T08:30:00", "22T09:59:00", "22T10:00:00"]),
        2
    );
    assert_eq!(asked("/cached", &["22T06:00:00", "22T08:59:00", "22T09:00:00"]), 2);
}

#[test]
fn a_feed_that_fails_is_asked_ever_more_rarely_and_heals() {
    let server = FeedServer::start();
    server.serve("/feed", Answer::Raw("HTTP/1.1 500 Oops", Vec::new()));
    let bot = bot_of(&server.url("/feed"), "");
    for hour in 0..72 {
        collect(&bot, &format!("{:02}T{:02}:30:00", 22 + hour / 24, hour % 24));
    }
    let asked = server.requests().len();
    assert!((6..=10).contains(&asked), "{asked}");
    server.serve("/feed", Answer::Feed(one()));
    assert!(collect(&bot, "26T12:00:00").contains("1 new"));
}

#[test]
fn status_tells_how_each_feed_is_and_why() {
    let server = FeedServer::start();
    server.serve("/broken", Answer::Raw("HTTP/1.1 500 Oops", Vec::new()));
    let mut config = String::from(
        "{mail}\n[[feed]]\nid = \"daily\"\nname = \"daily\"\nurl = \"feed.xml\"\n[[feed]]\nid = \"new\"\nurl = \"feed.xml\"\n",
    );
    config.push_str(&format!("[[feed]]\nid = \"broken\"\nurl = \"{}\"\n", server.url("/broken")));
    let bot = Bot::new(&config);
    bot.write("feed.xml", &one());
    let said = bot.run(&["status"]).stdout;
    assert!(said.contains("daily   not polled yet") && said.contains("no edition yet"), "{said}");
    assert!(!bot.path("tidings.db").exists());
    // Something new every day of a week, then nothing for three weeks.
    for day in 1..=7 {
        let items: Vec<(String, String)> = (1..=day).map(|n| (n.to_string(), format!("Entry {n}"))).collect();
        let items: Vec<_> = items.iter().map(|(id, title)| (id.as_str(), title.as_str(), "Body.")).collect();
        bot.write("feed.xml", &rss(&items));
        collect(&bot, &format!("0{day}T06:00:00"));
    }
    let said = bot.run(&["status", "--now", "2026-11-08T06:00:00Z"]).stdout;
    assert!(said.contains("daily    ok, last read 2026-11-07 06:00"), "{said}");
    let ran = bot.run(&["status", "--now", "2026-11-28T06:00:00Z"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("daily    silent since 2026-11-07 06:00"), "{}", ran.stdout);
    assert!(ran.stdout.contains("broken   failing since 2026-11-01 06:00"), "{}", ran.stdout);
    assert!(ran.stdout.contains("the server answered 500"), "{}", ran.stdout);
}

#[test]
fn a_body_that_has_not_changed_is_no_news_whatever_its_headers() {
    let server = FeedServer::start();
    server.serve(
        "/feed",
        Answer::Raw("HTTP/1.1 200 OK\r\nLast-Modified: Sun, 22 Nov 2026 01:00:00 GMT", one().into_bytes()),
    );
    let bot = bot_of(&server.url("/feed"), "");
    collect(&bot, "22T01:00:00");
    let ran = bot.run(&["collect", "--json", "--now", "2026-11-22T02:00:00Z"]);
    assert!(ran.stdout.contains("\"unchanged\""), "{}", ran.stdout);
    assert_eq!(server.requests()[1].headers["if-modified-since"], "Sun, 22 Nov 2026 01:00:00 GMT");
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn packed_feeds_are_unpacked_and_bombs_are_refused() {
    let server = FeedServer::start();
    server
        .serve("/feed", Answer::Raw("HTTP/1.1 200 OK\r\nContent-Encoding: gzip", gzipped(one().as_bytes())));
    server.serve(
        "/bomb",
        Answer::Raw("HTTP/1.1 200 OK\r\nContent-Encoding: gzip", gzipped(&vec![b' '; 100_000_000])),
    );
    let bot = bot_of(&server.url("/feed"), "");
    assert!(collect(&bot, "22T01:00:00").contains("1 new"));
    assert!(server.requests()[0].headers["accept-encoding"].contains("gzip"));
    let start = Instant::now();
    let said = collect(&bot_of(&server.url("/bomb"), ""), "22T01:00:00");
    assert!(said.contains("larger than 10000000 bytes"), "{said}");
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_feed_that_drips_is_cut_off() {
    let server = FeedServer::start();
    server.serve("/feed", Answer::Drip(one()));
    let start = Instant::now();
    let said = collect(&bot_of(&server.url("/feed"), "[fetch]\ntimeout = \"1s\"\n"), "22T01:00:00");
    assert!(said.contains("no complete answer within 1 s"), "{said}");
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn what_a_feed_is_to_be_told_stays_with_its_own_server() {
    let (server, other) = (FeedServer::start(), FeedServer::start());
    server.serve("/feed", Answer::Feed(one()));
    let away =
        format!("HTTP/1.1 302 Found\r\nLocation: {}", other.url("/feed").replace("127.0.0.1", "localhost"));
    server.serve("/away", Answer::Raw(away.leak(), Vec::new()));
    other.serve("/feed", Answer::Feed(one()));
    let settings = "user_agent = \"reader/2\"\nheaders = { X-Api-Key = \"env:KEY\", X-Plain = \"yes\" }\nusername = \"ada\"\npassword_env = \"PASSWORD\"\n";
    let env = [("KEY", "k3y"), ("PASSWORD", "s3cret")];
    let bot = bot_of(&server.url("/feed"), settings);
    let ran = bot.run_with(&["collect"], &env);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    let request = &server.requests()[0];
    assert_eq!(request.headers["user-agent"], "reader/2");
    assert_eq!((request.headers["x-api-key"].as_str(), request.headers["x-plain"].as_str()), ("k3y", "yes"));
    assert_eq!(request.headers["authorization"], "Basic YWRhOnMzY3JldA==");
    let allowed = format!("{settings}[fetch]\nallow_private_networks = true\n");
    bot_of(&server.url("/away"), &allowed).run_with(&["collect"], &env);
    let request = &other.requests()[0];
    assert!(!request.headers.contains_key("x-api-key") && !request.headers.contains_key("authorization"));
    let ran = bot_of(&server.url("/feed"), settings).run(&["collect"]);
    assert!(ran.stdout.contains("the environment variable KEY is not set"), "{}", ran.stdout);
}

#[test]
fn one_host_is_asked_for_two_things_at_a_time() {
    let server = FeedServer::start();
    let mut config = String::from("{mail}\n[fetch]\ntimeout = \"10s\"\n");
    for n in 0..6 {
        server.serve(&format!("/{n}"), Answer::Slow(Duration::from_millis(200), one()));
        config.push_str(&format!("[[feed]]\nurl = \"{}\"\n", server.url(&format!("/{n}"))));
    }
    let ran = Bot::new(&config).ok(&["collect"]);
    assert!(ran.stdout.contains("6 new entries"), "{}", ran.stdout);
    assert_eq!(server.busiest(), 2);
}

#[test]
fn a_command_that_prints_a_feed_is_a_feed() {
    let bot = bot_of("exec:cat feed.xml", "[fetch]\ntimeout = \"1s\"\n");
    bot.write("feed.xml", &one());
    assert!(collect(&bot, "22T01:00:00").contains("1 new"));
    assert!(
        collect(&bot_of("exec:exit 3", ""), "22T01:00:00").contains("the command ended with exit status: 3")
    );
    let start = Instant::now();
    let said = collect(&bot_of("exec:sleep 60", "[fetch]\ntimeout = \"1s\"\n"), "22T01:00:00");
    assert!(said.contains("did not end within 1 s"), "{said}");
    assert!(start.elapsed() < Duration::from_secs(5));
}

/// 1,000 feeds, of which 5 % hang, 5 % answer 500 and 5 % send garbage.
#[test]
fn a_thousand_feeds_take_as_long_as_the_good_ones_and_one_timeout() {
    let server = FeedServer::start_on_all_of_loopback();
    let mut config = String::from("{mail}\n[fetch]\ntimeout = \"3s\"\nconcurrency = 100\n");
    let mut good = 0;
    for n in 0..1000 {
        let answer = match n % 20 {
            3 => Answer::Hang,
            7 => Answer::Raw("HTTP/1.1 500 Oops", Vec::new()),
            11 => Answer::Raw("HTTP/1.1 200 OK", vec![0xff; 5000]),
            _ => {
                good += 1;
                Answer::Feed(rss(&[
                    (&format!("{n}-1"), "One", "First."),
                    (&format!("{n}-2"), "Two", "Second."),
                ]))
            }
        };
        server.serve(&format!("/{n}"), answer);
        // Each on an address of its own, as on the web.
        let url =
            server.url(&format!("/{n}")).replace("127.0.0.1", &format!("127.1.{}.{}", n / 250, n % 250 + 1));
        config.push_str(&format!("[[feed]]\nid = \"f{n}\"\nurl = \"{url}\"\n"));
    }
    let bot = Bot::new(&config);
    let start = Instant::now();
    let ran = bot.run(&["collect"]);
    let took = start.elapsed();
    assert_eq!(ran.code, 1);
    assert!(
        ran.stdout.starts_with(&format!("collected 1000 feeds: {} new entries", good * 2)),
        "{}",
        ran.stdout.lines().next().unwrap_or_default()
    );
    assert_eq!(ran.stdout.matches("failed:").count(), 150);
    println!("1000 feeds in {took:?}");
    assert!(took < Duration::from_secs(3 + if cfg!(debug_assertions) { 10 } else { 3 }), "{took:?}");
}
