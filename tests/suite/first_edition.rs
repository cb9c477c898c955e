use std::fs;

use crate::bot::{Bot, Mail, repository, rss};

/// The `digest.toml` of this repository with its samples, in a folder of its own.
fn as_it_stands() -> Bot {
    let bot = Bot::new(&fs::read_to_string(repository("digest.toml")).unwrap());
    let samples = "tests/fixtures/feeds/samples";
    for folder in ["", "gangkou"] {
        for file in fs::read_dir(repository(samples).join(folder)).unwrap().flatten() {
            if file.path().is_file() {
                let name = format!("{samples}/{folder}/{}", file.file_name().to_string_lossy());
                bot.write(&name, &fs::read_to_string(file.path()).unwrap());
            }
        }
    }
    bot
}

#[test]
fn the_sample_configuration_sends_one_mail_of_both_feeds_and_then_no_more() {
    let bot = as_it_stands();
    let ran = bot.ok(&["send"]);
    assert!(ran.stdout.contains("collected 2 feeds: 9 new entries"), "{}", ran.stdout);
    assert!(ran.stdout.contains("delivered to reader@example.org"), "{}", ran.stdout);
    let mail = bot.only_mail();
    for title in [
        "Nine river towns agree to share the cost of one flood wall",
        "沿河九镇同意分摊一道防洪墙的费用",
        "舊城書店改在夜裏開門",
    ] {
        assert!(mail.text.contains(title), "{}", mail.text);
        assert!(mail.html.as_ref().unwrap().contains(title));
    }
    let ran = bot.ok(&["send"]);
    assert!(ran.stdout.contains("nothing new for Morning Tidings"), "{}", ran.stdout);
    assert_eq!(bot.only_mail().id, mail.id);
}

#[test]
fn the_sample_configuration_documents_every_key() {
    let text = fs::read_to_string(repository("digest.toml")).unwrap();
    // Each key behind a `#` must be one that tidings knows: with all of them switched on,
    // nothing but the sample's own contradictions is left to complain about.
    let on: String = text
        .lines()
        .map(|l| match l.strip_prefix("# ") {
            Some(rest)
                if rest.starts_with('[')
                    || rest
                        .split(" = ")
                        .next()
                        .is_some_and(|k| k.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
                        && rest.contains(" = ") =>
            {
                format!("{rest}\n")
            }
            _ => format!("{l}\n"),
        })
        .collect();
    let bot = as_it_stands();
    bot.write("digest.toml", &on);
    let ran = bot.run(&["check", "--offline"]);
    assert!(!ran.stderr.contains("unknown key"), "{}", ran.stderr);
    assert!(on.contains("\npassword_env = "), "the keys were not switched on");
}

#[test]
fn a_preview_shows_the_edition_and_leaves_no_trace() {
    let bot = as_it_stands();
    let preview = bot.ok(&["preview", "--format", "text", "--now", "2026-11-22T06:30:00Z"]);
    assert!(preview.stdout.contains("Sunday, 22 November 2026"), "{}", preview.stdout);
    assert!(!bot.path("tidings.db").exists());
    bot.ok(&["send"]);
    let before = fs::read(bot.path("tidings.db")).unwrap();
    bot.write(
        "tests/fixtures/feeds/samples/harbour-courier.xml",
        &rss(&[("n1", "A new one", "With a body.")]),
    );
    let preview = bot.ok(&["preview", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&preview.stdout).unwrap();
    assert_eq!(json["sections"][0]["stories"][0]["title"], "A new one");
    assert_eq!(json["sections"][0]["stories"].as_array().unwrap().len(), 1);
    let eml = bot.ok(&["preview", "--format", "eml"]);
    assert!(Mail::read(eml.stdout.as_bytes()).text.contains("A new one"));
    bot.ok(&["check"]);
    assert_eq!(fs::read(bot.path("tidings.db")).unwrap(), before);
    assert_eq!(bot.outbox().len(), 1);
}

#[test]
fn a_trial_goes_to_one_address_and_the_recipients_still_get_theirs() {
    let bot = as_it_stands();
    bot.ok(&["send", "--to", "me@example.org"]);
    assert_eq!(bot.only_mail().to, "me@example.org");
    bot.ok(&["send"]);
    let readers: Vec<_> = bot.outbox().into_values().map(|m| m.to).collect();
    assert_eq!(readers.len(), 2);
    assert!(readers.contains(&"reader@example.org".to_owned()));
}

#[test]
fn the_mail_is_what_it_was() {
    let bot = as_it_stands();
    for (format, golden) in [("html", "samples.html"), ("text", "samples.txt")] {
        let preview = bot.ok(&["preview", "--format", format, "--now", "2026-11-22T06:30:00Z"]);
        expect_test::expect_file![repository("templates/golden").join(golden)].assert_eq(&preview.stdout);
    }
    let eml = bot.ok(&["preview", "--format", "eml", "--now", "2026-11-22T06:30:00Z"]).stdout;
    // What differs from mail to mail: the Message-ID, and what the reader leaves with.
    let id = Mail::read(eml.as_bytes()).id;
    let token = eml.split("subject=unsubscribe%20").nth(1).and_then(|t| t.split('>').next()).unwrap();
    let eml = eml.replace(id.split('@').next().unwrap(), "MESSAGE-ID").replace(token, "TOKEN");
    let eml = eml.replace("\r\n", "\n");
    expect_test::expect_file![repository("tests/golden/samples.eml")].assert_eq(&eml);
}
