//! Digests over an archive of articles, on a clock of their own.

use std::collections::BTreeMap;
use std::fs;

use crate::bot::Bot;

const CONFIG: &str = r#"timezone = "Europe/Berlin"
[mail]
from = "news@example.org"
[[recipient]]
email = "ada@example.org"
[[feed]]
id = "dw"
name = "德国之声"
url = "corpus/dw"
section = "中文"
first_run = 3
[[feed]]
id = "courier"
name = "The Courier"
url = "corpus/courier"
section = "World"
max_items = 4
exclude = ["(?i)sponsored"]
[[digest]]
id = "daily"
title = "Daily"
at = "07:00"
max_html = "30kB"
"#;

const DAYS: i64 = 30;
/// 2026-10-10T00:00:00Z; on the 25th the clocks of Berlin go back.
const FIRST: i64 = 1_791_590_400;

/// The articles of a corpus of thirty days: path, time of publication and text.
fn corpus() -> Vec<(String, i64, String)> {
    let places = ["Tarnley", "Osterhafen", "Greywick", "Bellmouth", "Sandrock"];
    let things = ["ferry", "lighthouse", "harbour wall", "fish market", "railway bridge", "school"];
    let events = ["closes for repairs", "is sold", "opens again", "floods after the storm", "strikes gold"];
    let mut all = Vec::new();
    for i in 0..DAYS * 9 {
        let at = FIRST + i * 86_400 / 9 + 311;
        let (place, thing, event) = (
            places[usize::try_from(i * 7 % 5).unwrap()],
            things[usize::try_from(i * 5 % 6).unwrap()],
            events[usize::try_from(i * 11 % 5).unwrap()],
        );
        let sponsored = if i % 13 == 0 { "Sponsored: " } else { "" };
        let title = format!("{sponsored}The {thing} of {place} {event}, number {i}");
        let body: String = (0..6)
            .map(|k| format!("<p>In {place}, paragraph {k} of report {i} tells how the {thing} {event}; {} people and {} boats were counted.</p>\n\n", i * 17 + k, i + k * 3))
            .collect();
        let folder = if i % 3 == 0 { "dw" } else { "courier" };
        let link = format!("https://{folder}.example/{i}");
        all.push((
            format!("corpus/{folder}/{i}.md"),
            at,
            format!("<!--{}-->\n[{title}]({link})\n------\n\n{body}", at * 1000),
        ));
        // The other outlet has the same report, word for word, hours later: some within the day, some not.
        if i % 7 == 0 {
            let other = if folder == "dw" { "courier" } else { "dw" };
            let later = at + 20_000;
            all.push((
                format!("corpus/{other}/copy-{i}.md"),
                later,
                format!(
                    "<!--{}-->\n[{title}](https://{other}.example/copy/{i})\n------\n\n{body}",
                    later * 1000
                ),
            ));
        }
    }
    all
}

#[test]
fn thirty_days_replayed_are_what_was_mailed_day_by_day() {
    let (mailed, replayed) = (Bot::new(CONFIG), Bot::new(CONFIG));
    let mut corpus = corpus();
    corpus.sort_by_key(|(_, at, _)| *at);
    for (path, _, text) in &corpus {
        replayed.write(path, text);
    }
    let due = |day: i64| {
        let at = FIRST + day * 86_400 + if FIRST / 86_400 + day < 20_751 { 5 * 3600 } else { 6 * 3600 };
        chrono::DateTime::from_timestamp(at, 0).unwrap()
    };
    let mut mails: Vec<(String, String, String)> = Vec::new();
    let mut written = 0;
    for folder in ["corpus/dw", "corpus/courier"] {
        fs::create_dir_all(mailed.path(folder)).unwrap();
    }
    for day in 1..=DAYS {
        while let Some((path, at, text)) = corpus.get(written)
            && *at <= due(day).timestamp()
        {
            mailed.write(path, text);
            written += 1;
        }
        let before: Vec<_> = mailed.arrived().into_keys().collect();
        mailed.ok(&["send", "--now", &due(day).to_rfc3339()]);
        let new = mailed.arrived().into_iter().find(|(name, _)| !before.contains(name));
        if let Some((_, mail)) = new {
            mails.push((mail.subject, mail.text, mail.html.unwrap()));
        }
    }
    assert_eq!(mails.len(), usize::try_from(DAYS).unwrap());
    let ran =
        replayed.ok(&["replay", "corpus", "--from", "2026-10-11", "--to", "2026-11-09", "--out", "editions"]);
    let files: BTreeMap<String, String> = fs::read_dir(replayed.path("editions"))
        .unwrap()
        .map(|file| {
            let path = file.unwrap().path();
            (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(path).unwrap())
        })
        .collect();
    assert_eq!(files.len(), 2 * mails.len(), "{:?}", files.keys());
    let of = |ending: &str| {
        files
            .iter()
            .filter(|(name, _)| name.ends_with(ending))
            .map(|(_, text)| text.clone())
            .collect::<Vec<_>>()
    };
    for (i, ((subject, text, html), (own_text, own_html))) in
        mails.iter().zip(of(".txt").iter().zip(&of(".html"))).enumerate()
    {
        let trimmed =
            |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim().to_owned();
        // The link to leave is each reader's own.
        let nobodys = |text: &str| {
            let lines = text.lines().filter(|line| !line.contains("unsubscribe"));
            trimmed(&lines.collect::<Vec<_>>().join("\n"))
        };
        assert_eq!(nobodys(text), nobodys(own_text), "edition {i}, {subject}");
        assert_eq!(nobodys(html), nobodys(own_html), "edition {i}, {subject}");
    }
    // What is said of them is what they are.
    assert!(ran.stdout.contains("Mon 2026-10-26 07:00  Daily: "), "{}", ran.stdout);
    for part in [
        "copy (",
        "filtered",
        "older than the first edition goes back",
        "beyond `max_items`",
        "carried before",
    ] {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
    }
    let told =
        replayed.ok(&["--json", "replay", "corpus", "daily", "--from", "2026-10-11", "--to", "2026-11-09"]);
    let told: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
    let subjects: Vec<&str> = told
        .as_array()
        .unwrap()
        .iter()
        .map(|edition| edition["carried"]["subject"].as_str().unwrap())
        .collect();
    assert_eq!(subjects, mails.iter().map(|(subject, ..)| subject.as_str()).collect::<Vec<_>>());
    // Nothing of it stays.
    assert!(!replayed.path("tidings.db").exists() && replayed.arrived().is_empty());
}

#[test]
fn what_was_archived_can_be_replayed() {
    let bot = Bot::new(&CONFIG.replace("corpus/courier", "courier.xml"));
    for (path, _, text) in corpus().into_iter().filter(|(path, ..)| path.starts_with("corpus/dw")) {
        bot.write(&path, &text);
    }
    bot.write("courier.xml", &crate::bot::rss(&[("1", "The Courier comes out", "Words of it.")]));
    bot.ok(&["collect"]);
    bot.ok(&["archive", "kept"]);
    let ran = bot.ok(&["replay", "kept", "--from", "2026-10-12", "--to", "2026-10-12T23:00:00Z"]);
    assert!(
        ran.stdout.starts_with("Mon 2026-10-12 07:00  Daily: ") && ran.stdout.contains("— 德国之声"),
        "{}",
        ran.stdout
    );
    // A digest of one feed reads any folder of articles.
    let quiet = bot.ok(&["replay", "corpus/dw", "--from", "2026-12-01", "--to", "2026-12-02"]);
    assert!(quiet.stdout.contains("nothing new") || quiet.stdout.contains("Daily: "), "{}", quiet.stdout);
    for (arguments, words) in [
        (&["replay", "nowhere", "--from", "2026-10-12", "--to", "2026-10-13"][..], "cannot read nowhere"),
        (&["replay", "kept", "--from", "2026-10-13", "--to", "2026-10-12"], "no edition is due"),
        (&["replay", "kept", "--from", "someday", "--to", "2026-10-12"], "a day looks like"),
        (
            &["replay", "kept", "evening", "--from", "2026-10-12", "--to", "2026-10-13"],
            "there is no digest `evening`",
        ),
    ] {
        let ran = bot.run(arguments);
        assert!(ran.code != 0 && ran.stderr.contains(words), "{words}: {}", ran.stderr);
    }
}
