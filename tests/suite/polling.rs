use std::time::{Duration, Instant};

use crate::bot::{Bot, rss};
use crate::feed_server::{Answer, FeedServer};

fn bot_of(server: &FeedServer, path: &str) -> Bot {
    Bot::new(&format!("{{mail}}\n[[feed]]\nid = \"courier\"\nurl = \"{}\"\n", server.url(path)))
}

#[test]
fn a_new_entry_makes_a_second_edition_of_just_itself() {
    let server = FeedServer::start();
    server.serve("/feed", Answer::Feed(rss(&[("1", "One", "First.")])));
    let bot = bot_of(&server, "/feed");
    bot.ok(&["send"]);
    let first = bot.only_mail();
    server.serve("/feed", Answer::Feed(rss(&[("2", "Two", "Second."), ("1", "One", "First.")])));
    bot.ok(&["send"]);
    let second = bot.outbox().into_values().find(|m| m.id != first.id).expect("a second edition");
    assert!(second.text.contains("1. Two") && !second.text.contains("One"), "{}", second.text);
    assert!(second.text.contains("Edition 2"));
}

#[test]
fn an_edited_title_is_no_news() {
    let server = FeedServer::start();
    server.serve("/feed", Answer::Feed(rss(&[("1", "One", "First.")])));
    let bot = bot_of(&server, "/feed");
    bot.ok(&["send"]);
    server.serve("/feed", Answer::Feed(rss(&[("1", "One, corrected", "First.")])));
    let ran = bot.ok(&["send"]);
    assert!(ran.stdout.contains("nothing new"), "{}", ran.stdout);
    bot.only_mail();
}

#[test]
fn a_feed_that_has_not_changed_is_asked_for_by_its_etag() {
    let server = FeedServer::start();
    server.serve("/feed", Answer::Feed(rss(&[("1", "One", "First.")])));
    let bot = bot_of(&server, "/feed");
    bot.ok(&["send"]);
    bot.ok(&["send"]);
    let requests = server.requests();
    assert_eq!(requests.iter().map(|r| r.status).collect::<Vec<_>>(), [200, 304]);
    assert!(requests[0].headers["user-agent"].starts_with("tidings/"));
    assert!(!requests[0].headers.contains_key("if-none-match"));
    bot.only_mail();
}

#[test]
fn a_feed_whose_answer_was_cut_off_is_asked_for_whole_again() {
    let server = FeedServer::start();
    let whole = rss(&[("1", "One", "First."), ("2", "Two", "Second.")]);
    let (cut, _) = whole.split_once("Two").unwrap();
    server.serve("/feed", Answer::Feed(cut.into()));
    let bot = bot_of(&server, "/feed");
    bot.ok(&["collect"]);
    server.serve("/feed", Answer::Feed(whole));
    bot.ok(&["collect", "--all"]);
    assert!(server.requests().iter().all(|r| !r.headers.contains_key("if-none-match")));
    let text = bot.run(&["preview", "--format", "text"]).stdout;
    assert!(text.contains("One") && text.contains("Two"), "{text}");
}

#[test]
fn one_bad_feed_spoils_nothing_but_its_own_line() {
    let server = FeedServer::start();
    server.serve("/good", Answer::Feed(rss(&[("1", "One", "First.")])));
    server.serve("/slow", Answer::Hang);
    server.serve("/broken", Answer::Raw("HTTP/1.1 500 Internal Server Error", b"oops".to_vec()));
    server.serve(
        "/page",
        Answer::Raw("HTTP/1.1 200 OK", b"<!DOCTYPE html><html><body>hello</body></html>".to_vec()),
    );
    let mut config = String::from("{mail}\n[fetch]\ntimeout = \"1s\"\n");
    for name in ["slow", "broken", "page", "good"] {
        config
            .push_str(&format!("[[feed]]\nid = \"{name}\"\nurl = \"{}\"\n", server.url(&format!("/{name}"))));
    }
    let bot = Bot::new(&config);
    let start = Instant::now();
    let ran = bot.run(&["send"]);
    assert!(start.elapsed() < Duration::from_secs(10));
    assert_eq!(ran.code, 1);
    assert!(bot.only_mail().text.contains("1. One"));
    for said in [
        "slow    failed: no complete answer within 1 s",
        "broken  failed: the server answered 500 Internal Server Error",
        "page    failed: this is a web page, not a feed",
        "good    1 new",
    ] {
        assert!(ran.stdout.contains(said), "{said}\n{}", ran.stdout);
    }
}

#[test]
fn a_feed_larger_than_allowed_is_refused() {
    let server = FeedServer::start();
    server.serve("/feed", Answer::Feed(rss(&[("1", "One", &"x".repeat(50_000))])));
    let bot = Bot::new(&format!(
        "{{mail}}\n[fetch]\nmax_bytes = \"20kB\"\n[[feed]]\nurl = \"{}\"\n",
        server.url("/feed")
    ));
    let ran = bot.run(&["send"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("larger than 20000 bytes"), "{}", ran.stdout);
}

#[test]
fn redirects_are_followed_so_far_and_never_to_a_private_place() {
    let server = FeedServer::start();
    server.serve("/feed", Answer::Feed(rss(&[("1", "One", "First.")])));
    server.serve("/moved", Answer::Raw("HTTP/1.1 301 Moved\r\nLocation: /feed", Vec::new()));
    server.serve("/circle", Answer::Raw("HTTP/1.1 302 Found\r\nLocation: /circle", Vec::new()));
    server.serve("/file", Answer::Raw("HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd", Vec::new()));
    server.serve("/router", Answer::Raw("HTTP/1.1 302 Found\r\nLocation: http://192.168.0.1/", Vec::new()));
    let said = |path: &str| bot_of(&server, path).run(&["send"]).stdout;
    assert!(said("/moved").contains("1 new entry"));
    assert!(said("/circle").contains("more than 20 redirects"));
    assert!(said("/file").contains("redirected to a `file` address, which is not followed"));
    assert!(said("/router").contains("redirected to the private address http://192.168.0.1/"));
}

#[test]
fn a_new_feed_brings_its_newest_entries_and_then_all_of_them() {
    let server = FeedServer::start();
    let entries: Vec<(String, String)> =
        (1..=20).map(|n| (n.to_string(), format!("Entry number {n}"))).collect();
    let feed = |from: usize, to: usize| {
        let items: Vec<_> =
            entries[from..to].iter().map(|(id, title)| (id.as_str(), title.as_str(), "Body.")).collect();
        Answer::Feed(rss(&items))
    };
    server.serve("/feed", feed(0, 10));
    let bot = bot_of(&server, "/feed");
    bot.ok(&["send"]);
    assert!(bot.only_mail().text.contains("5 stories"), "{}", bot.only_mail().text);
    server.serve("/feed", feed(0, 18));
    let ran = bot.ok(&["send"]);
    assert!(ran.stdout.contains("edition 2, for 1 recipient: 8 stories"), "{}", ran.stdout);
}

#[test]
fn collect_waits_for_a_feeds_time_unless_told_not_to() {
    let server = FeedServer::start();
    server.serve("/feed", Answer::Feed(rss(&[("1", "One", "First.")])));
    let bot = bot_of(&server, "/feed");
    for (arguments, asked) in [
        (vec!["collect", "--now", "2026-11-22T06:00:00Z"], 1),
        (vec!["collect", "--now", "2026-11-22T06:59:00Z"], 1),
        (vec!["collect", "--now", "2026-11-22T07:00:00Z"], 2),
        (vec!["collect", "--all", "--now", "2026-11-22T07:01:00Z"], 3),
    ] {
        bot.ok(&arguments);
        assert_eq!(server.requests().len(), asked, "{arguments:?}");
    }
}

#[test]
fn parse_prints_what_was_understood_and_refuses_what_is_no_feed() {
    let bot = Bot::new("");
    bot.write(
        "feed.xml",
        &rss(&[(
            "1",
            "Tea &amp;amp; toast",
            "&lt;p onclick=\"x\"&gt;One &lt;script&gt;x&lt;/script&gt;&lt;a href=\"/b\"&gt;link&lt;/a&gt;",
        )]),
    );
    let ran = bot.ok(&["parse", "feed.xml", "--url", "https://courier.example/feed.xml"]);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(json["entries"][0]["title"], "Tea & toast");
    assert_eq!(json["entries"][0]["summary"], "<p>One <a href=\"https://courier.example/b\">link</a></p>");
    assert_eq!(json["entries"][0]["content"], serde_json::Value::Null);
    bot.write("page.html", "<!DOCTYPE html><html></html>");
    let ran = bot.run(&["parse", "page.html"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert_eq!(ran.stderr, "error: page.html: this is a web page, not a feed\n");
}

#[test]
fn a_file_that_is_gone_is_its_feeds_trouble_alone() {
    let bot = Bot::new("{mail}\n[[feed]]\nurl = \"here.xml\"\n[[feed]]\nurl = \"gone.xml\"\n");
    bot.write("here.xml", &rss(&[("1", "One", "First.")]));
    let ran = bot.run(&["send"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("gone.xml  failed: cannot read it: No such file"), "{}", ran.stdout);
    assert!(bot.only_mail().text.contains("1. One"));
}

#[test]
fn what_is_secret_in_an_address_is_printed_nowhere() {
    let server = FeedServer::start();
    let untitled = rss(&[("1", "One", "First.")]).replace("<title>Courier</title>", "");
    server.serve("/feed?key=t0ken", Answer::Feed(untitled));
    let url = server.url("/feed?key=t0ken").replace("http://", "http://ada:s3cret@");
    let bot = Bot::new(&format!("{{mail}}\n[[feed]]\nurl = \"{url}\"\n"));
    let mut said = String::new();
    for arguments in [vec!["check"], vec!["send", "-vv"], vec!["status", "--json"], vec!["preview", "--json"]]
    {
        let ran = bot.run(&arguments);
        said.push_str(&format!("{}{}", ran.stdout, ran.stderr));
    }
    let mail = bot.only_mail();
    said.push_str(&format!("{}{}", mail.text, mail.html.unwrap()));
    assert!(said.contains("127.0.0.1"), "{said}");
    assert!(!said.contains("s3cret") && !said.contains("t0ken"), "{said}");
}

#[test]
fn an_entry_of_nothing_is_no_news_and_one_without_a_title_has_its_first_words() {
    let bot = Bot::new("{mail}\n[[feed]]\nurl = \"feed.xml\"\n");
    let items = "<item><guid>1</guid></item><item><guid>2</guid><description>Only words, and no title.</description></item>";
    bot.write("feed.xml", &rss(&[]).replace("</channel>", &format!("{items}</channel>")));
    bot.ok(&["send"]);
    let text = bot.only_mail().text;
    assert!(text.contains("1. Only words, and no title.") && !text.contains("2. "), "{text}");
}
