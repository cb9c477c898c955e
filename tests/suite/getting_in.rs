//! From the address of a page, or a list of feeds, to a first mail.

use std::fs;

use crate::bot::{Bot, rss};
use crate::feed_server::{Answer, FeedServer};

fn page(head: &str) -> Answer {
    let html = format!(
        "<!doctype html><html><head><title>Harbour</title>{head}</head><body><p>News.</p></body></html>"
    );
    Answer::Raw("HTTP/1.1 200 OK\r\nContent-Type: text/html", html.into_bytes())
}

fn bot() -> Bot {
    Bot::new(
        "# mine\n{mail}\n[fetch]\nallow_private_networks = true\n\n[[feed]]\nid = \"post\" # first\nurl = \"feed.xml\"\n\n# when\n[[digest]]\nid = \"daily\"\n",
    )
}

#[test]
fn a_page_leads_to_its_feed_whatever_shape_it_has() {
    let server = FeedServer::start();
    let feed = |title: &str| {
        Answer::Feed(
            rss(&[("1", title, "Words.")])
                .replace("<title>Courier</title>", &format!("<title>{title}</title>")),
        )
    };
    let link = |kind: &str, href: &str| format!("<link rel=\"alternate\" type=\"{kind}\" href=\"{href}\">");
    server.serve("/feed-itself", feed("itself"));
    server.serve("/a.xml", feed("a"));
    for (path, head) in [
        ("/plain", link("application/rss+xml", "/a.xml")),
        ("/atom", link("application/atom+xml", "a.xml")),
        ("/xml", link("text/xml", "/a.xml")),
        ("/charset", link("application/rss+xml; charset=UTF-8", "/a.xml")),
        ("/upper", "<LINK REL=ALTERNATE TYPE=APPLICATION/RSS+XML HREF=/a.xml>".into()),
        ("/quotes", "<link type='application/rss+xml' href='/a.xml' rel='alternate home'>".into()),
        ("/first-dead", link("application/rss+xml", "/dead.xml") + &link("application/rss+xml", "/a.xml")),
        (
            "/commented",
            format!(
                "<!-- {} -->{}",
                link("application/rss+xml", "/old.xml"),
                link("application/rss+xml", "/a.xml")
            ),
        ),
        (
            "/json-api",
            link("application/json", "/wp-json/wp/v2/pages/1") + &link("application/rss+xml", "/a.xml"),
        ),
        (
            "/translations",
            "<link rel=\"alternate\" hreflang=\"de\" href=\"/de\">".to_owned()
                + &link("application/rss+xml", "/a.xml"),
        ),
    ] {
        server.serve(path, page(&head));
    }
    server.serve("/header", Answer::Raw("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nLink: </a.xml>; rel=\"alternate\"; type=\"application/rss+xml\"", b"<!doctype html><title>x</title>".to_vec()));
    server.serve("/deep/er/page.html", page(&link("application/rss+xml", "../../a.xml")));
    server.serve("/json-feed", page(&link("application/feed+json", "/a.json")));
    server.serve("/a.json", Answer::Raw("HTTP/1.1 200 OK\r\nContent-Type: application/feed+json", br#"{"version":"https://jsonfeed.org/version/1.1","title":"a","items":[{"id":"1","title":"One","content_text":"x"}]}"#.to_vec()));
    server.serve("/moved", Answer::Raw("HTTP/1.1 301 Moved\r\nLocation: /plain", Vec::new()));
    server.serve("/blog", page(""));
    server.serve("/blog/feed", feed("below"));
    server.serve("/dark", page(""));
    let bot = bot();
    let tested = |path: &str| bot.run(&["feeds", "test", &server.url(path)]);
    assert!(tested("/feed-itself").stdout.contains("1. itself"));
    for path in [
        "/plain",
        "/atom",
        "/xml",
        "/charset",
        "/upper",
        "/quotes",
        "/first-dead",
        "/commented",
        "/json-api",
        "/translations",
        "/moved",
        "/header",
        "/deep/er/page.html",
    ] {
        let ran = tested(path);
        assert!(
            ran.stdout.contains("1. a\n") && ran.stdout.contains(&server.url("/a.xml")),
            "{path}: {}{}",
            ran.stdout,
            ran.stderr
        );
        assert!(!ran.stdout.contains("2. "), "{path}: {}", ran.stdout);
    }
    assert!(tested("/json-feed").stdout.contains(&server.url("/a.json")), "{}", tested("/json-feed").stderr);
    for (n, place) in ["feed", "rss", "feed.xml", "rss.xml"].iter().enumerate() {
        server.serve(&format!("/site{n}"), page(""));
        server.serve(&format!("/site{n}/{place}"), feed(&format!("at {place}")));
        let ran = tested(&format!("/site{n}"));
        assert!(ran.stdout.contains(&format!("1. at {place}\n")), "{place}: {}{}", ran.stdout, ran.stderr);
    }
    assert!(tested("/blog").stdout.contains("1. below"), "{}", tested("/blog").stderr);
    server.serve("/rss.xml", feed("at the root"));
    assert!(tested("/dark").stdout.contains("1. at the root"), "{}", tested("/dark").stderr);
    let ran = tested("/none-at-all");
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("404 Not Found"), "{}", ran.stderr);
}

#[test]
fn a_page_without_a_feed_is_said_to_have_none() {
    let server = FeedServer::start();
    server.serve("/dark", page(""));
    let ran = bot().run(&["feeds", "test", &server.url("/dark")]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("(“Harbour”) has no feed: its page names none"), "{}", ran.stderr);
}

#[test]
fn a_feed_is_added_and_taken_out_and_the_rest_of_the_file_stays() {
    let server = FeedServer::start();
    server.serve("/", page("<link rel=alternate type=application/rss+xml href=/a.xml><link rel=alternate type=application/rss+xml href=/b.xml>"));
    server.serve("/a.xml", Answer::Feed(rss(&[("1", "One", "Words.")])));
    server.serve("/b.xml", Answer::Feed(rss(&[("2", "Two", "Words.")])));
    let bot = bot();
    let before = fs::read_to_string(bot.path("digest.toml")).unwrap();
    let ran = bot.run(&["feeds", "add", &server.url("/")]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stdout.contains("1. Courier") && ran.stdout.contains("   - Two"), "{}", ran.stdout);
    assert_eq!(fs::read_to_string(bot.path("digest.toml")).unwrap(), before);
    bot.ok(&["feeds", "add", &server.url("/"), "--number", "2", "--section", "Harbour"]);
    let after = fs::read_to_string(bot.path("digest.toml")).unwrap();
    let (head, tail) = before.split_once("\n# when").unwrap();
    let added = format!(
        "\n[[feed]]\nurl = \"{}\"\nname = \"Courier\"\nsection = \"Harbour\"\n",
        server.url("/b.xml")
    );
    assert_eq!(after, format!("{head}{added}\n# when{tail}"));
    let ran = bot.run(&["feeds", "add", &server.url("/b.xml")]);
    assert!(ran.code == 2 && ran.stderr.contains("is in the configuration already"), "{}", ran.stderr);
    let list = bot.ok(&["feeds", "list"]).stdout;
    assert!(list.contains("Harbour\n  Courier  http") && list.ends_with("2 feeds\n"), "{list}");
    bot.ok(&["feeds", "remove", &server.url("/b.xml")]);
    assert_eq!(fs::read_to_string(bot.path("digest.toml")).unwrap(), before);
    let ran = bot.run(&["feeds", "remove", "nobody"]);
    assert!(
        ran.code == 2 && ran.stderr.contains("there is no feed `nobody`; there is `post`"),
        "{}",
        ran.stderr
    );
    // Without the last one nothing can be sent, and another can be added, by its page and taken out by it.
    bot.ok(&["feeds", "remove", "post"]);
    let ran = bot.run(&["send"]);
    assert!(
        ran.code == 2 && ran.stderr.contains("no feed is named; `tidings feeds add ADDRESS`"),
        "{}",
        ran.stderr
    );
    assert_eq!(bot.ok(&["feeds", "list"]).stdout, "0 feeds\n");
    bot.ok(&["feeds", "add", &server.url("/"), "--number", "1"]);
    assert!(bot.ok(&["feeds", "list"]).stdout.ends_with("1 feed\n"));
    bot.ok(&["feeds", "remove", &server.url("/")]);
    assert_eq!(bot.ok(&["feeds", "list"]).stdout, "0 feeds\n");
}

#[test]
fn a_digest_of_any_page_is_shown_without_a_configuration() {
    let server = FeedServer::start();
    server.serve("/", page("<link rel=alternate type=application/rss+xml href=/a.xml>"));
    server.serve("/a.xml", Answer::Feed(rss(&[("1", "The tide turns", "Words of the tide.")])));
    let bot = Bot::new("");
    fs::remove_file(bot.path("digest.toml")).unwrap();
    let said = bot.ok(&["try", &server.url("/")]).stdout;
    assert!(said.contains("1. The tide turns") && said.contains("Words of the tide."), "{said}");
    bot.ok(&["try", &server.url("/a.xml"), "--out", "out.html"]);
    assert!(fs::read_to_string(bot.path("out.html")).unwrap().contains("The tide turns"));
    let ran = bot.run(&["try", &server.url("/"), "http://127.0.0.1:9/"]);
    assert!(ran.code == 1 && ran.stdout.contains("The tide turns"), "{}", ran.stderr);
    assert!(!bot.path("tidings.db").exists());
}

#[test]
fn a_first_configuration_works_at_once_and_is_never_written_over_another() {
    let bot = Bot::new("");
    fs::remove_file(bot.path("digest.toml")).unwrap();
    let said = bot.run(&["check"]).stderr;
    assert!(said.contains("make one with `tidings init`"), "{said}");
    let said = bot.ok(&["init", "--email", "ada@example.org"]).stdout;
    assert!(said.contains("made digest.toml") && said.contains("tidings check"), "{said}");
    bot.ok(&["check", "--offline"]);
    let text = fs::read_to_string(bot.path("digest.toml")).unwrap();
    assert!(text.contains("email = \"ada@example.org\"") && text.contains("# "), "{text}");
    let ran = bot.run(&["init"]);
    assert!(ran.code == 2 && ran.stderr.contains("is there already"), "{}", ran.stderr);
    assert_eq!(fs::read_to_string(bot.path("digest.toml")).unwrap(), text);
    let said = bot.ok(&["init", "mine.toml", "--provider", "163", "--email", "ada@163.com"]).stdout;
    assert!(said.contains("授权码"), "{said}");
    let ran = bot.run(&["--config", "mine.toml", "check", "--offline"]);
    assert!(
        ran.code == 2
            && ran.stdout.contains("the file smtp.password is not there; put the password alone into it"),
        "{}",
        ran.stdout
    );
    bot.write("smtp.password", "s3cret");
    bot.ok(&["--config", "mine.toml", "check", "--offline"]);
    let ran = bot.run(&["init", "other.toml", "--provider", "gmial"]);
    assert!(
        ran.code == 2 && ran.stderr.contains("there is no provider `gmial`; did you mean `gmail`?"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_list_of_eighty_feeds_in_folders_is_a_configuration_and_comes_out_the_same() {
    let mut list =
        "<?xml version=\"1.0\"?>\n<opml version=\"1.0\"><head><title>Mine</title></head><body>\n".to_owned();
    for folder in 0..8 {
        list.push_str(&format!("<outline text=\"Folder {folder} &amp; more\">\n"));
        for n in 0..10 {
            list.push_str(&format!("  <outline text=\"Feed {folder}.{n} “中文”\" type=\"rss\" xmlUrl=\"https://f{n}.example/{folder}?a=1&amp;b=2\"/>\n"));
        }
        list.push_str("</outline>\n");
    }
    list.push_str("</body></opml>\n");
    let bot = Bot::new("");
    fs::remove_file(bot.path("digest.toml")).unwrap();
    bot.write("mine.opml", &list);
    bot.ok(&["init", "--from-opml", "mine.opml", "--email", "ada@example.org"]);
    bot.ok(&["check", "--offline"]);
    let said = bot.ok(&["feeds", "list"]).stdout;
    assert!(said.ends_with("80 feeds\n") && said.contains("Folder 7 & more\n"), "{said}");
    let first = bot.ok(&["opml", "export"]).stdout;
    let other = Bot::new("");
    fs::remove_file(other.path("digest.toml")).unwrap();
    other.write("out.opml", &first);
    other.ok(&["init", "--from-opml", "out.opml"]);
    assert_eq!(other.ok(&["opml", "export"]).stdout, first);
    let said = other.ok(&["opml", "import", "out.opml"]).stdout;
    assert!(said.starts_with("0 feeds added") && said.contains("80 were there already"), "{said}");
    other.write("odd.opml", "<opml><outline text=\"A\" xmlUrl=\"HTTPS://a.example/feed\"/><outline text=\"B\" xmlUrl=\"feed://b.example/feed\"/><outline text=\"C\" xmlUrl=\"ftp://c.example/feed\"/></opml>");
    let ran = other.run(&["opml", "import", "odd.opml"]);
    assert!(ran.stdout.starts_with("2 feeds added"), "{}", ran.stdout);
    assert!(
        ran.stderr.contains("left out: `ftp://c.example/feed` is no address of the web"),
        "{}",
        ran.stderr
    );
    assert!(other.ok(&["feeds", "list"]).stdout.contains("https://b.example/feed"));
    other.ok(&["feeds", "remove", "B"]);
    other.write("page.opml", "<html></html>");
    let ran = other.run(&["opml", "import", "page.opml"]);
    assert!(ran.code == 2 && ran.stderr.contains("is no list of feeds (OPML)"), "{}", ran.stderr);
}

#[test]
fn shells_and_man_know_every_command() {
    let bot = Bot::new("");
    for shell in ["bash", "zsh", "fish"] {
        let said = bot.ok(&["completions", shell]).stdout;
        assert!(said.contains("tidings") && said.contains("opml"), "{shell}");
    }
    let page = bot.ok(&["man"]).stdout;
    assert!(page.starts_with(".ie") || page.contains(".TH"), "{page}");
    for command in ["TRY", "INIT", "FEEDS", "OPML", "SEND", "STATUS"] {
        assert!(page.contains(command), "{command}");
    }
}
