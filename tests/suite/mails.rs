//! Editions of every kind, each held to what a mail of its kind must satisfy.

use mail_parser::MessageParser;
use serde::Deserialize;
use serde_json::Value;

use crate::bot::{Bot, repository};

#[derive(Deserialize)]
struct Pairs {
    pair: Vec<Pair>,
}

#[derive(Deserialize)]
struct Pair {
    a: Article,
}

#[derive(Deserialize)]
struct Article {
    title: String,
    text: String,
}

/// Articles of a language, each a title and its HTML.
fn articles(language: &str) -> Vec<(String, String)> {
    let file =
        std::fs::read_to_string(repository(&format!("tests/fixtures/stories/{language}.toml"))).unwrap();
    let pairs: Pairs = toml::from_str(&file).unwrap();
    let html = |text: &str| text.trim().split("\n\n").map(|p| format!("<p>{p}</p>")).collect();
    pairs.pair.into_iter().map(|pair| (pair.a.title, html(&pair.a.text))).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// The mail and the description of an edition with these articles.
fn edition(articles: &[(String, String)], more: &str) -> (Vec<u8>, Value) {
    let bot = Bot::new(&format!(
        "public_url = \"https://news.example.org\"\n{{mail}}\n[web]\nlisten = \"127.0.0.1:8480\"\n[[feed]]\nurl = \"feed.xml\"\nsection = \"World\"\nfirst_run = 100\nmax_items = 100\n{more}\n"
    ));
    let items: String = articles
        .iter()
        .enumerate()
        .map(|(i, (title, html))| {
            format!("<item><guid isPermaLink=\"false\">{i}</guid><title>{}</title><link>https://courier.example/{i}x</link><description>{}</description></item>", escaped(title), escaped(html))
        })
        .collect();
    bot.write(
        "feed.xml",
        &format!("<rss version=\"2.0\"><channel><title>Courier</title>{items}</channel></rss>"),
    );
    let now = ["--now", "2026-11-22T06:30:00Z"];
    bot.ok(&["preview", "--format", "eml", "--out", "mail.eml", now[0], now[1]]);
    let json = bot.ok(&["preview", "--format", "json", now[0], now[1]]).stdout;
    (std::fs::read(bot.path("mail.eml")).unwrap(), serde_json::from_str(&json).unwrap())
}

/// How many articles an edition accounts for: shown, named, merged or left out.
fn accounted(edition: &Value) -> usize {
    let list = |v: &Value| v.as_array().map_or(0, Vec::len);
    let sections = edition["sections"].as_array().into_iter().flatten();
    let stories = sections.flat_map(|s| s["stories"].as_array().into_iter().flatten());
    stories.map(|s| list(&s["articles"]) + list(&s["merged"])).sum::<usize>() + list(&edition["left_out"])
}

/// The tags of a document, each as it stands.
fn tags<'a>(html: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    html.split('<').filter(move |tag| tag.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '>'])))
}

fn check(name: &str, bytes: &[u8], edition: &Value, articles: usize) {
    assert_eq!(accounted(edition), articles, "{name}: something is lost");
    for line in bytes.split(|b| *b == b'\n') {
        assert!(line.len() <= 999 && line.ends_with(b"\r") || line.is_empty(), "{name}: a long or bare line");
    }
    let mail = MessageParser::default().parse(bytes).unwrap();
    for header in [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "List-Id",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "Auto-Submitted",
        "MIME-Version",
    ] {
        assert_eq!(
            mail.headers().iter().filter(|h| h.name().eq_ignore_ascii_case(header)).count(),
            1,
            "{name}: {header}"
        );
    }
    let html = mail.body_html(0).unwrap().replace("\r\n", "\n");
    let text = mail.body_text(0).unwrap().replace("\r\n", "\n");
    assert!(html.len() <= 90_000, "{name}: Gmail clips {} bytes", html.len());
    // A part in base64 has some blanks before the reader's own link.
    let blanks = html.len() - edition["html_bytes"].as_u64().unwrap() as usize;
    assert!(blanks <= 56, "{name}: {blanks}");
    for forbidden in [
        "<script",
        "<form",
        "<iframe",
        "<svg",
        "javascript:",
        " onclick",
        " onerror",
        "position:fixed",
        "\u{202e}",
        "{{",
        "&amp;amp;",
    ] {
        assert!(!html.contains(forbidden), "{name}: {forbidden}");
    }
    assert!(
        tags(&html, "table").all(|t| t.contains("role=\"presentation\"")),
        "{name}: a table without a role"
    );
    assert!(tags(&html, "img").all(|t| t.contains(" alt=")), "{name}: a picture without words");
    assert!(
        tags(&html, "a").all(|t| ["href=\"http", "href=\"mailto:"].iter().any(|h| t.contains(h))),
        "{name}"
    );
    assert_eq!(tags(&html, "h1").count(), 1, "{name}");
    let mut level = 1;
    for heading in html.split("<h").skip(1).filter_map(|rest| rest.chars().next()?.to_digit(10)) {
        assert!(heading <= level + 1, "{name}: an h{heading} under an h{level}");
        level = heading;
    }
    assert!(tags(&html, "html").all(|t| t.contains("lang=") && t.contains("dir=")), "{name}");
    // Both parts tell the same stories, and how to get no more of them.
    let sections = edition["sections"].as_array().unwrap().iter();
    for story in sections.flat_map(|s| s["stories"].as_array().unwrap()) {
        let link = story["articles"][0]["link"].as_str().unwrap();
        assert!(
            html.contains(&format!("href=\"{link}\"")) && text.contains(&format!("<{link}>")),
            "{name}: {link}"
        );
    }
    let way_out = "https://news.example.org/reader/";
    assert!(html.contains(way_out) && text.contains(way_out), "{name}");
    for line in text.lines().filter(|l| !l.trim_start().starts_with('<')) {
        assert!(unicode_width::UnicodeWidthStr::width(line) <= 72, "{name}: a wide line: {line}");
    }
}

#[test]
fn editions_of_every_kind_are_mails_as_they_should_be() {
    let (english, chinese, german) = (articles("en"), articles("zh-Hans"), articles("de"));
    let mixed: Vec<_> = english
        .iter()
        .zip(&chinese)
        .zip(&german)
        .take(8)
        .flat_map(|((a, b), c)| [a, b, c])
        .cloned()
        .collect();
    let arabic: Vec<_> = ["الأول", "الثاني", "الثالث", "الرابع"]
        .iter()
        .map(|w| {
            (
                format!("المياه تعود إلى الوادي {w}"),
                format!("<p>أعلنت القرية يوم الخميس إعادة فتح قناتها القديمة {w}.</p>"),
            )
        })
        .collect();
    let long: Vec<_> = english.iter().take(6).map(|(t, h)| ([t.as_str(); 8].join(" "), h.clone())).collect();
    let evil = "<script>alert(1)</script><p onclick=x()>Text<a href=\"javascript:x()\">j</a><img src=x onerror=alert(1)></p><iframe src=//evil.example></iframe><form><input></form>\u{202e}reversed";
    let hostile: Vec<_> =
        ["\"><script>alert(1)</script>", "\u{202e}reversed \u{7} bell", "{{7*7}} &amp;amp; ${x}"]
            .iter()
            .map(|t| {
                ((*t).to_owned().replace("{{", "{").replace("&amp;amp;", "&"), format!("{evil} {}", t.len()))
            })
            .collect();
    let pictures: Vec<_> = english
        .iter()
        .take(8)
        .enumerate()
        .map(|(i, (t, h))| (t.clone(), format!("<img src=https://p.example/{i}.jpg alt=Picture>{h}")))
        .collect();
    for (name, articles, more) in [
        ("one", &english[..1], ""),
        ("sixty", &english[..60], ""),
        ("Chinese", &chinese[..30], ""),
        (
            "sixty whole Chinese",
            &chinese
                .iter()
                .cycle()
                .take(60)
                .enumerate()
                .map(|(i, (t, h))| (format!("{t}{i}"), format!("{h}<p>{}</p>", chinese[(i * 7) % 44].1)))
                .collect::<Vec<_>>()[..],
            "content = \"full\"",
        ),
        ("mixed", &mixed[..], "content = \"full\""),
        ("Arabic", &arabic[..], ""),
        ("with pictures", &pictures[..], ""),
        ("without pictures", &pictures[..], "[[digest]]\nid = \"d\"\nat = \"07:00\"\nimages = \"none\""),
        ("long titles", &long[..], ""),
        ("hostile", &hostile[..], "content = \"full\""),
        ("nothing but titles", &english[..40], "content = \"title\""),
    ] {
        let (bytes, edition) = edition(articles, more);
        check(name, &bytes, &edition, articles.len());
    }
}
