use std::fs;

use crate::bot::{Bot, repository};

/// Every folder of `fixtures/bad-configs` holds a `digest.toml` and, in `expected.txt`, all
/// that is said of it.
#[test]
fn every_mistake_is_named_with_its_place_and_its_remedy() {
    let mut seen = 0;
    for folder in fs::read_dir(repository("tests/fixtures/bad-configs")).unwrap().flatten() {
        let bot = Bot::new(&fs::read_to_string(folder.path().join("digest.toml")).unwrap());
        bot.write("feed.xml", &crate::bot::rss(&[]));
        let ran = bot.run(&["check", "--offline"]);
        assert_eq!(ran.code, 2, "{}: {}", folder.path().display(), ran.stderr);
        assert_eq!(ran.stdout, "");
        expect_test::expect_file![folder.path().join("expected.txt")].assert_eq(&ran.stderr);
        seen += 1;
    }
    assert!(seen >= 12, "{seen}");
}

#[test]
fn the_smallest_configuration_is_enough() {
    let bot = Bot::new(
        "[mail]\nfrom = \"me@example.org\"\n[[feed]]\nurl = \"feed.xml\"\n[[recipient]]\nemail = \"me@example.org\"\n",
    );
    bot.write("feed.xml", &crate::bot::rss(&[("1", "One", "Body.")]));
    bot.ok(&["send"]);
    assert!(bot.only_mail().text.contains("1. One"));
}

#[test]
fn a_configuration_that_is_not_there_is_looked_for_and_missed() {
    let bot = Bot::new("");
    fs::remove_file(bot.path("digest.toml")).unwrap();
    let ran = bot.run(&["check"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("no configuration found: looked for digest.toml"), "{}", ran.stderr);
    let ran = bot.run(&["--config", "other.toml", "check"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("cannot read other.toml"), "{}", ran.stderr);
}
