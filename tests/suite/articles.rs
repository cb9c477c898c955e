//! Every kind of page that feeds are made of: `fixtures/articles/<quirk>/article.html` beside
//! what a reader must find in it, and must not, `expected.toml`.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::bot::{Bot, repository, rss};
use crate::feed_server::{Answer, FeedServer};

/// What becomes of an article.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    title: String,
    link: String,
    summary: Option<String>,
    published: Option<String>,
    author: Option<String>,
    language: String,
    excerpt_begins: String,
    excerpt_ends: Option<String>,
    #[serde(default)]
    excerpt_lacks: Vec<String>,
    /// Every word of the article, in order.
    keeps: Vec<String>,
    /// Markup that must stand as it is.
    #[serde(default)]
    keeps_raw: Vec<String>,
    clean_title: Option<String>,
    /// Words and addresses that must be nowhere.
    loses: Vec<String>,
    #[serde(default)]
    images: Vec<String>,
    #[serde(default)]
    captions: Vec<String>,
    #[serde(default)]
    links: Vec<(String, String)>,
    #[serde(default)]
    no_links: Vec<String>,
    lead: Option<String>,
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn feed(expected: &Expected, html: &str) -> String {
    let optional = |name: &str, value: &Option<String>| {
        value.as_ref().map(|v| format!("<{name}>{}</{name}>", escaped(v))).unwrap_or_default()
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel><title>Feed</title><item><title>{}</title><link>{}</link>{}{}{}<content:encoded>{}</content:encoded></item></channel></rss>",
        escaped(&expected.title),
        escaped(&expected.link),
        optional("dc:date", &expected.published),
        optional("dc:creator", &expected.author),
        optional("description", &expected.summary),
        escaped(html)
    )
}

/// Text as a reader compares it: without white space.
fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// The values of an attribute, references resolved.
fn attributes(html: &str, name: &str) -> Vec<String> {
    html.split(&format!(" {name}=\""))
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap_or_default().replace("&amp;", "&"))
        .collect()
}

fn without_tags(html: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => out.push(c),
            _ => {}
        }
    }
    out.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", " ").replace("&amp;", "&")
}

/// What is wrong with an article, line by line.
fn faults(expected: &Expected, entry: &Value) -> Vec<String> {
    let text_of = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
    let (html, text) = (text_of("content"), text_of("text"));
    let visible = squeezed(&without_tags(&html));
    let mut faults = Vec::new();
    let mut from = 0;
    for kept in &expected.keeps {
        let wanted = squeezed(kept);
        match visible.get(from..).and_then(|rest| rest.find(&wanted)) {
            Some(at) => from += at + wanted.len(),
            None if visible.contains(&wanted) => faults.push(format!("out of order: {kept}")),
            None => faults.push(format!("lost: {kept}")),
        }
        // In the plain text, a table has its columns and a quote its mark.
        if !squeezed(&text).contains(&wanted) && !html.contains("<table") && !html.contains("<blockquote") {
            faults.push(format!("lost in the text: {kept}"));
        }
    }
    for kept in &expected.keeps_raw {
        if !html.contains(kept.as_str()) {
            faults.push(format!("markup lost: {kept}"));
        }
    }
    let title = expected.clean_title.as_ref().unwrap_or(&expected.title);
    if text_of("title") != *title {
        faults.push(format!("title: {}", entry["title"]));
    }
    for lost in &expected.loses {
        if html.contains(&escaped(lost))
            || (!squeezed(lost).is_empty() && visible.contains(&squeezed(lost)))
            || text.contains(lost.as_str())
        {
            faults.push(format!("still there: {lost}"));
        }
    }
    // An address is the same with or without the slash of an empty path.
    let plain = |url: &String| url.replace("/?", "?");
    let images: Vec<_> = attributes(&html, "src").iter().map(plain).collect();
    let wanted: Vec<_> = expected.images.iter().map(plain).collect();
    if images != wanted {
        faults.push(format!("pictures: {images:#?}, wanted {wanted:#?}"));
    }
    for caption in &expected.captions {
        let captions =
            html.split("<figcaption").skip(1).map(|c| c.split("</figcaption>").next().unwrap_or_default());
        if !captions.map(|c| squeezed(&without_tags(c))).any(|c| c.contains(&squeezed(caption))) {
            faults.push(format!("no caption: {caption}"));
        }
    }
    let links: Vec<(String, String)> = html
        .split("<a href=\"")
        .skip(1)
        .filter_map(|a| a.split_once("\">"))
        .map(|(url, rest)| {
            (without_tags(rest.split("</a>").next().unwrap_or_default()), url.replace("&amp;", "&"))
        })
        .collect();
    for (words, url) in &expected.links {
        if !links.iter().any(|(w, u)| squeezed(w).contains(&squeezed(words)) && u == url) {
            faults.push(format!("no link: {words} to {url}, but {links:?}"));
        }
    }
    for words in &expected.no_links {
        if links.iter().any(|(w, _)| squeezed(w).contains(&squeezed(words))) {
            faults.push(format!("still a link: {words}"));
        }
    }
    let excerpt = squeezed(&text_of("excerpt"));
    if expected.excerpt_ends.as_ref().is_some_and(|end| !excerpt.ends_with(&squeezed(end))) {
        faults.push(format!("excerpt ends: {}", text_of("excerpt")));
    }
    for lost in expected.excerpt_lacks.iter().filter(|lost| excerpt.contains(&squeezed(lost))) {
        faults.push(format!("in the excerpt: {lost}"));
    }
    if !excerpt.starts_with(&squeezed(&expected.excerpt_begins)) {
        faults.push(format!("excerpt: {}", text_of("excerpt")));
    }
    if text_of("language") != expected.language {
        faults.push(format!("language: {}", entry["language"]));
    }
    if expected.lead.as_ref().is_some_and(|lead| plain(&text_of("image")) != plain(lead)) {
        faults.push(format!("leading picture: {}", entry["image"]));
    }
    faults
}

fn read(folder: &Path, bot: &Bot) -> Result<Vec<String>, String> {
    let html = fs::read_to_string(folder.join("article.html")).map_err(|e| e.to_string())?;
    let expected = fs::read_to_string(folder.join("expected.toml")).map_err(|e| e.to_string())?;
    let expected: Expected = toml::from_str(&expected).map_err(|e| e.to_string())?;
    bot.write("feed.xml", &feed(&expected, &html));
    let ran = bot.ok(&["parse", "feed.xml", "--clean"]);
    let document: Value = serde_json::from_str(&ran.stdout).map_err(|e| e.to_string())?;
    Ok(faults(&expected, &document["entries"][0]))
}

#[test]
fn every_kind_of_page_becomes_an_article_and_loses_nothing() {
    let bot = Bot::new("");
    let mut folders: Vec<_> =
        fs::read_dir(repository("tests/fixtures/articles")).unwrap().flatten().map(|f| f.path()).collect();
    folders.sort();
    let mut wrong = Vec::new();
    for folder in &folders {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let faults = read(folder, &bot).unwrap_or_else(|e| vec![e]);
        if !faults.is_empty() {
            wrong.push(format!("{name}:\n    {}", faults.join("\n    ")));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), folders.len(), wrong.join("\n"));
}

fn previewed(bot: &Bot) -> Vec<Value> {
    let ran = bot.ok(&["preview", "--format", "json", "--now", "2026-11-22T06:30:00Z"]);
    let edition: Value = serde_json::from_str(&ran.stdout).unwrap();
    let stories = edition["sections"][0]["stories"].as_array().cloned().unwrap_or_default();
    stories.into_iter().map(|story| story["articles"][0].clone()).collect()
}

fn of_feed(more: &str) -> Bot {
    Bot::new(&format!(
        "{{mail}}\n[[feed]]\nurl = \"feed.xml\"\n{more}\n[[digest]]\ntitle = \"Daily\"\nat = \"07:00\"\n"
    ))
}

#[test]
fn a_block_that_ends_every_article_of_a_feed_is_none_of_them() {
    let bot = of_feed("");
    let body = |words: &str, copies: u32| {
        escaped(&format!(
            "<p>Lautta {words} torstaina viikkoa etuajassa talviaikatauluun.</p><p>Tue lehteämme, olemme julkaisseet {copies} numeroa!</p>"
        ))
    };
    let bodies: Vec<_> =
        ["siirtyy", "vaihtuu", "palaa", "lähtee"].iter().zip(100..).map(|(w, n)| body(w, n)).collect();
    let items: Vec<_> = bodies.iter().zip(["1", "2", "3", "4"]).map(|(b, id)| (id, id, b.as_str())).collect();
    bot.write("feed.xml", &rss(&items));
    for article in previewed(&bot) {
        let html = article["html"].as_str().unwrap();
        assert!(html.contains("talviaikatauluun") && !html.contains("Tue lehteämme"), "{html}");
    }
    // Of two articles nobody can tell.
    bot.write("feed.xml", &rss(&items[..2]));
    assert!(previewed(&bot).iter().all(|a| a["html"].as_str().unwrap().contains("Tue lehteämme")));
}

#[test]
fn the_owner_takes_out_what_no_rule_can_know() {
    let bot = of_feed("remove = [\"aside\", \".box > p\"]\ncut_after = \"More from the island\"");
    bot.write(
        "feed.xml",
        &rss(&[("1", "One", &escaped("<p>The ferry leaves early.</p><aside>Buy a mug.</aside><div class=box><p>Win a trip.</p><ul><li>Kept</li></ul></div><p>The end. More from the island: rain</p><p>and wind</p>"))]),
    );
    assert_eq!(
        previewed(&bot)[0]["html"],
        "<p>The ferry leaves early.</p><ul><li>Kept</li></ul><p>The end.</p>"
    );
}

#[test]
fn only_the_entries_that_the_owner_wants_are_shown_and_the_others_not_held_back() {
    let bot = of_feed("include = [\"(?i)ferry\", \"harbour\"]\nexclude = [\"crossword\"]\nmax_age = \"3d\"");
    let item = |id: &str, title: &str, more: &str| {
        format!("<item><guid>{id}</guid><title>{title}</title>{more}</item>")
    };
    let items = [
        item("1", "Ferry leaves early", ""),
        item("2", "Budget agreed", "<description>The HARBOUR gets none.</description>"),
        item("3", "Budget vetoed", "<description>The harbour is shocked.</description>"),
        item("4", "Ferry crossword", ""),
        item("5", "A prize", "<category>harbour life</category>"),
        item("6", "Ferry sinks", "<pubDate>Tue, 17 Nov 2026 06:00:00 GMT</pubDate>"),
    ];
    bot.write("feed.xml", &format!("<rss version=\"2.0\"><channel>{}</channel></rss>", items.concat()));
    let mut titles: Vec<_> =
        previewed(&bot).iter().map(|a| a["title"].as_str().unwrap().to_owned()).collect();
    titles.sort();
    assert_eq!(titles, ["A prize", "Budget vetoed", "Ferry leaves early"]);
    // What was not wanted today is not news tomorrow.
    bot.ok(&["send", "--now", "2026-11-22T06:30:00Z"]);
    let config = fs::read_to_string(bot.path("digest.toml")).unwrap();
    bot.write("digest.toml", &config.replace("exclude", "#").replace("max_age", "#"));
    assert_eq!(
        bot.ok(&["preview", "--format", "json", "--now", "2026-11-23T06:30:00Z"]).stdout.trim(),
        "null"
    );
}

#[test]
fn a_feed_of_beginnings_becomes_whole_articles_from_their_pages() {
    let server = FeedServer::start();
    let paragraphs: String = (1..9)
        .map(|n| format!("<p>Paragraph {n}: the ferry company said on Thursday, as it does every autumn, that the northern line changes to its winter timetable a week early, and that whoever commutes has to take the later boat, because the fog has not lifted for days.</p>"))
        .collect();
    let page = format!(
        "<html><head><meta charset=utf-8><title>Ferry – Courier</title><meta property=og:image content=/p/ferry.jpg></head><body><nav><a href=/>Home</a><a href=/sport>Sport</a></nav><article><h1>Ferry leaves early</h1>{paragraphs}</article><footer>Imprint, subscribe, follow us</footer></body></html>"
    );
    server.serve("/a/1", Answer::Raw("HTTP/1.1 200 OK\r\nContent-Type: text/html", page.into_bytes()));
    server.serve("/a/2", Answer::Raw("HTTP/1.1 500 Oops", Vec::new()));
    let item = |n: u8| {
        format!(
            "<item><guid isPermaLink=\"false\">{n}</guid><title>Ferry {n}</title><link>{}</link><description>Only the beginning of article {n} …</description></item>",
            server.url(&format!("/a/{n}"))
        )
    };
    let bot = Bot::new(
        "{mail}\n[fetch]\nallow_private_networks = true\n[[feed]]\nurl = \"feed.xml\"\ncontent = \"fetch\"\n[[digest]]\ntitle = \"Daily\"\nat = \"07:00\"\nimages = \"first\"\n[[digest]]\nid = \"second\"\ntitle = \"Second\"\nat = \"07:00\"\nimages = \"first\"\n",
    );
    bot.write("feed.xml", &format!("<rss version=\"2.0\"><channel>{}{}</channel></rss>", item(1), item(2)));
    let ran = bot.ok(&["send", "--now", "2026-11-22T06:30:00Z"]);
    assert!(ran.stderr.contains("no full text") && ran.stderr.contains("/a/2"), "{}", ran.stderr);
    for mail in bot.outbox().into_values() {
        let html = mail.html.unwrap();
        assert!(html.contains("Paragraph 1:") && html.contains("Paragraph 8:"), "{html}");
        assert!(!html.contains("Sport") && !html.contains("Imprint"), "{html}");
        assert!(html.contains("Only the beginning of article 2"), "{html}");
        assert!(html.contains(&server.url("/p/ferry.jpg")), "{html}");
    }
    assert_eq!(bot.outbox().len(), 2);
    // Two digests carried it; the page was asked for once.
    assert_eq!(server.requests().iter().filter(|r| r.path == "/a/1").count(), 1);
}
