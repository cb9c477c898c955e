//! What readers see of odd feeds, in mails and in `parse --clean`: `fixtures/views/NAME/` holds a
//! feed, sometimes a second one or the page it leads to, and `check.toml`, which says what must be
//! in what is made of them.

use std::fs;
use std::path::Path;

use mail_parser::{Message, MessageParser, MimeHeaders, PartType};
use regex::Regex;
use serde::Deserialize;
use serde_json::Value;

use crate::bot::{Bot, repository};
use crate::feed_server::{Answer, FeedServer};

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct View {
    /// Settings of the feed, and of the digest.
    feed: String,
    digest: Option<String>,
    from: Option<String>,
    /// A list of mailboxes in place of the one reader.
    recipients: Option<String>,
    /// Where the document was got from.
    url: Option<String>,
    check: Vec<Check>,
}

/// White space counts as one blank everywhere.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Check {
    of: String,
    /// Where in the JSON: names and numbers with dots between.
    at: Option<String>,
    equals: Option<String>,
    #[serde(default)]
    null: bool,
    #[serde(default)]
    has: Vec<String>,
    #[serde(default)]
    has_any: Vec<Vec<String>>,
    #[serde(default)]
    lacks: Vec<String>,
    #[serde(default)]
    once: Vec<String>,
    #[serde(default)]
    order: Vec<String>,
    #[serde(default)]
    matches: Vec<String>,
    /// How long it may take.
    seconds: Option<f64>,
}

fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn bot_of(folder: &Path, view: &View, server: &FeedServer) -> (Bot, String) {
    let name = if folder.join("feed.json").exists() { "feed.json" } else { "feed.xml" };
    let mut feed = fs::read_to_string(folder.join(name)).unwrap();
    let mut fetch = "";
    if let Ok(page) = fs::read(folder.join("page.html")) {
        let path = format!("/{}", folder.file_name().unwrap().to_string_lossy());
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n\r\n";
        server.serve(&path, Answer::Raw(head, page));
        feed = feed.replace("{PAGE}", &server.url(&path));
        fetch = "[fetch]\nallow_private_networks = true\n";
    }
    let from = toml::Value::String(view.from.clone().unwrap_or_else(|| "News <news@example.org>".into()));
    let reader = match view.recipients {
        Some(_) => "id = \"readers\"\nfile = \"readers.txt\"\n",
        None => "email = \"reader@example.org\"\n",
    };
    let second =
        if folder.join("feed-b.xml").exists() { "[[feed]]\nid = \"g\"\nurl = \"feed-b.xml\"\n" } else { "" };
    let digest = view.digest.as_deref().unwrap_or("title = \"D\"");
    let bot = Bot::new(&format!(
        "timezone = \"UTC\"\n[mail]\nfrom = {from}\n{fetch}[[feed]]\nid = \"f\"\nurl = \"{name}\"\n{}\n{second}[[digest]]\nid = \"d\"\nat = \"07:00\"\n{digest}\n[[recipient]]\n{reader}",
        view.feed
    ));
    bot.write(name, &feed);
    if let Some(recipients) = &view.recipients {
        bot.write("readers.txt", recipients);
    }
    if let Ok(second) = fs::read_to_string(folder.join("feed-b.xml")) {
        bot.write("feed-b.xml", &second);
    }
    (bot, name.to_owned())
}

fn person(message: &Message<'_>, header: &str) -> String {
    let Some(mailbox) = message.header(header).and_then(|h| h.as_address()).and_then(|a| a.first()) else {
        return String::new();
    };
    let address = mailbox.address().unwrap_or_default();
    match mailbox.name() {
        Some(name) if name.contains(['"', '\\', ',', '.', '@', '(', ')', '<', '>', ';', ':']) => {
            format!("\"{}\" <{address}>", name.replace('\\', "\\\\").replace('"', "\\\""))
        }
        Some(name) => format!("{name} <{address}>"),
        None => address.to_owned(),
    }
}

fn shown(check: &Check, output: &str) -> Result<String, String> {
    let text = match check.of.as_str() {
        "eml-header" => {
            let message = MessageParser::default().parse(output.as_bytes()).ok_or("no mail")?;
            format!(
                "Subject: {}\nTo: {}\nFrom: {}",
                message.subject().unwrap_or_default(),
                person(&message, "To"),
                person(&message, "From")
            )
        }
        "eml" => {
            let message = MessageParser::default().parse(output.as_bytes()).ok_or("no mail")?;
            let part = |part: &mail_parser::MessagePart<'_>| {
                let kind =
                    part.content_type().map(|t| format!("{}/{}", t.ctype(), t.subtype().unwrap_or_default()));
                let text = match &part.body {
                    PartType::Text(text) | PartType::Html(text) => text.to_string(),
                    _ => String::new(),
                };
                format!("{}\n{text}\n", kind.unwrap_or_default())
            };
            message.parts.iter().map(part).collect()
        }
        _ => output.to_owned(),
    };
    let Some(at) = &check.at else { return Ok(text) };
    let document: Value = serde_json::from_str(&text).map_err(|e| e.to_string())?;
    let found = at.split('.').try_fold(&document, |value, step| match step.parse::<usize>() {
        Ok(index) => value.get(index),
        Err(_) => value.get(step),
    });
    match found.ok_or_else(|| format!("nothing at {at}"))? {
        Value::Null => Ok("null".into()),
        Value::String(text) => Ok(text.clone()),
        other => Ok(other.to_string()),
    }
}

fn faults(check: &Check, output: &str) -> Vec<String> {
    let raw = match shown(check, output) {
        Ok(raw) => raw,
        Err(why) => return vec![why],
    };
    let text = folded(&raw);
    let mut faults = Vec::new();
    let mut expect = |holds: bool, what: String| {
        if !holds {
            faults.push(what);
        }
    };
    if let Some(wanted) = &check.equals {
        expect(raw == *wanted, format!("wanted {wanted:?}"));
    }
    expect(!check.null || raw == "null", "wanted null".into());
    for words in &check.has {
        expect(text.contains(&folded(words)), format!("lacks {words:?}"));
    }
    for options in &check.has_any {
        expect(options.iter().any(|o| text.contains(&folded(o))), format!("has none of {options:?}"));
    }
    for words in &check.lacks {
        expect(!text.contains(&folded(words)), format!("has {words:?}"));
    }
    for words in &check.once {
        let times = text.matches(&folded(words)).count();
        expect(times == 1, format!("has {words:?} {times} times"));
    }
    let places: Vec<_> = check.order.iter().map(|words| text.find(&folded(words))).collect();
    expect(places.iter().all(Option::is_some) && places.is_sorted(), format!("order {:?}", check.order));
    for pattern in &check.matches {
        expect(Regex::new(pattern).unwrap().is_match(&text), format!("does not match {pattern:?}"));
    }
    if !faults.is_empty() {
        let most: String = text.chars().take(600).collect();
        faults.push(format!("in {most}"));
    }
    faults
}

#[test]
fn every_view_of_an_odd_feed_shows_what_its_author_meant() {
    let server = FeedServer::start();
    let (mut seen, mut wrong) = (0, Vec::new());
    for folder in fs::read_dir(repository("tests/fixtures/views")).unwrap().flatten().map(|f| f.path()) {
        let view: View = toml::from_str(&fs::read_to_string(folder.join("check.toml")).unwrap()).unwrap();
        let (bot, document) = bot_of(&folder, &view, &server);
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        for check in &view.check {
            let format = check.of.split('-').next().unwrap_or_default();
            let mut arguments = match format {
                "clean" => vec!["parse", &document, "--clean"],
                "parse" => vec!["parse", &document],
                format => vec!["preview", "--format", format, "--now", "2026-11-22T07:00:00Z"],
            };
            if let Some(url) = view.url.as_deref().filter(|_| matches!(format, "clean" | "parse")) {
                arguments.extend(["--url", url]);
            }
            let begun = std::time::Instant::now();
            let ran = bot.run(&arguments);
            let took = begun.elapsed().as_secs_f64();
            seen += 1;
            if check.seconds.is_some_and(|most| took > most) {
                wrong.push(format!("{name}: {} took {took:.2} s", check.of));
            }
            if ran.code != 0 {
                wrong.push(format!("{name}: {}: {}", check.of, ran.stderr));
                continue;
            }
            wrong.extend(
                faults(check, &ran.stdout).iter().map(|fault| format!("{name}: {}: {fault}", check.of)),
            );
        }
    }
    assert!(wrong.is_empty(), "{} of {seen}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(seen > 50, "{seen}");
}
