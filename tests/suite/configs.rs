use std::fs;

use crate::bot::{Bot, repository};

/// Every folder of `fixtures/bad-configs` holds a `digest.toml` and, in `expected.txt`, all
/// that is said of it.
#[test]
fn every_mistake_is_named_with_its_place_and_its_remedy() {
    let (mut seen, mut mistakes) = (0, 0);
    for folder in fs::read_dir(repository("tests/fixtures/bad-configs")).unwrap().flatten() {
        let bot = Bot::new("");
        // Some are not UTF-8.
        fs::copy(folder.path().join("digest.toml"), bot.path("digest.toml")).unwrap();
        bot.write("feed.xml", &crate::bot::rss(&[]));
        bot.write("nobody.txt", "# who reads this\n\nada at example.org\n");
        let ran = bot.run(&["check", "--offline"]);
        assert_eq!(ran.code, 2, "{}: {}", folder.path().display(), ran.stderr);
        assert_eq!(ran.stdout, "");
        expect_test::expect_file![folder.path().join("expected.txt")].assert_eq(&ran.stderr);
        seen += 1;
        mistakes += ran.stderr.lines().filter(|line| line.starts_with("error: ")).count();
        for secret in ["horse", "s3cret"] {
            assert!(!ran.stderr.contains(secret), "{}", ran.stderr);
        }
    }
    assert!(seen >= 40 && mistakes >= 120, "{mistakes} in {seen}");
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
fn what_mails_cannot_leave_without_is_named_by_its_line_before_anything_is_done() {
    let bot = Bot::new(
        r#"{mail}
        [[feed]]
        url = "feed.xml"
        [smtp]
        host = "127.0.0.1"
        port = 1
        username = "ada"
        password_env = "TIDINGS_TEST_PASSWORD_THAT_NOBODY_SET"
        ca_file = "ca.pem"
        [[dkim]]
        selector = "tidings"
        key_file = "gone.pem""#,
    );
    bot.write("feed.xml", &crate::bot::rss(&[("1", "One", "Body.")]));
    bot.write("ca.pem", "no certificate");
    let all = [
        "digest.toml:13: the environment variable TIDINGS_TEST_PASSWORD_THAT_NOBODY_SET is not set",
        "digest.toml:14: ca.pem holds no certificate (PEM)",
        "digest.toml:17: cannot read the DKIM key gone.pem",
    ];
    for arguments in [&["send"][..], &["outbox", "retry"], &["check"], &["check", "--offline"]] {
        let ran = bot.run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}");
        for one in all {
            assert!((ran.stdout.clone() + &ran.stderr).contains(one), "{arguments:?}: {one}: {}", ran.stderr);
        }
    }
    // The disk with the secrets may be mounted later: its unit starts it again after 1, not after 2.
    let ran = bot.run(&["run"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains(all[0]), "{}", ran.stderr);
    assert!(!bot.path("tidings.db").exists());
}

#[test]
fn programs_read_the_mistakes_of_a_bad_file_in_one_object() {
    let bot = Bot::new("{mail}\n[[feed]]\nurl = \"feed.xml\"\n[smtp]\nhost = \"h\"\nport = \"587\"\n");
    let ran = bot.run(&["check", "--json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (2, ""));
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let mistake = &report["mistakes"][0];
    assert_eq!((mistake["line"].as_u64(), mistake["column"].as_u64()), (Some(11), Some(8)), "{}", ran.stdout);
    assert_eq!(mistake["help"], "write `port = 587`");
    bot.write("digest.toml", "[mail]\nfrom = \"a@example.org\"\n[[recipient]]\nemail = \"b@example.org\"\n[[feed]]\nurl = \"feed.xml\"\n");
    bot.write("feed.xml", &crate::bot::rss(&[]));
    let report: serde_json::Value = serde_json::from_str(&bot.ok(&["check", "--json"]).stdout).unwrap();
    assert_eq!(report["mistakes"], serde_json::json!([]));
    assert_eq!(report["findings"][0]["what"], "feed feed.xml");
}

#[test]
fn a_database_in_a_folder_that_is_not_there_is_named_before_it_is_needed() {
    let bot = Bot::new("database = \"data/tidings.db\"\n{mail}\n[[feed]]\nurl = \"feed.xml\"\n");
    bot.write("feed.xml", &crate::bot::rss(&[("1", "One", "Body.")]));
    for arguments in [&["check", "--offline"][..], &["send"]] {
        let ran = bot.run(arguments);
        let said = ran.stdout + &ran.stderr;
        assert_eq!(ran.code, 2, "{said}");
        assert!(
            said.contains("digest.toml:1: the folder data of `database` is not there; make it"),
            "{said}"
        );
    }
}

#[test]
fn a_password_in_the_place_of_its_variables_name_is_not_printed() {
    let bot = Bot::new(
        "{mail}\n[[feed]]\nurl = \"feed.xml\"\n[smtp]\nhost = \"127.0.0.1\"\nusername = \"ada\"\npassword_env = \"hunter2\"\n",
    );
    let ran = bot.run(&["send"]);
    assert!(
        ran.stderr.contains("the environment variable that `password_env` names is not set"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
}

#[test]
fn whoever_is_named_by_an_address_needs_no_table_and_gets_that_digest_alone() {
    let bot = Bot::new(
        r#"{mail}
        [[feed]]
        url = "feed.xml"
        [[feed]]
        id = "twice"
        url = "./feed.xml"
        [[feed]]
        id = "again"
        url = "feed.xml"
        [[digest]]
        id = "one"
        to = ["Bob <bob@example.org>", "ada@example.org"]
        [[digest]]
        id = "all""#,
    );
    bot.write("feed.xml", &crate::bot::rss(&[("1", "One", "Body.")]));
    bot.ok(&["send"]);
    let mut to: Vec<String> = bot.outbox().into_values().map(|mail| mail.to).collect();
    to.sort();
    assert_eq!(to, ["ada@example.org", "ada@example.org", "bob@example.org"]);
    let said = bot.ok(&["check", "--offline"]).stdout;
    assert!(said.contains("feed `again` has the address of `feed.xml`"), "{said}");
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

#[test]
fn a_list_of_recipients_is_a_mailbox_a_line_and_a_bad_line_keeps_nobody_from_their_mail() {
    let bot = Bot::new(concat!(
        "[mail]\nfrom = \"news@example.org\"\n[alerts]\nto = \"owner@example.org\"\n",
        "[[feed]]\nurl = \"feed.xml\"\n[[recipient]]\nemail = \"ada@example.org\"\nformat = \"text\"\n",
        "[[recipient]]\nid = \"readers\"\nfile = \"lists/readers.txt\"\n",
        "[[recipient]]\nemail = \"eve@example.org\"\n",
        "[[digest]]\nid = \"all\"\n[[digest]]\nid = \"some\"\nto = [\"readers\", \"Cy@example.org\"]\n",
    ));
    bot.write("feed.xml", &crate::bot::rss(&[("1", "One", "Body.")]));
    let list = "\u{feff}# the valley\r\nADA@example.org\r\n\r\nBob Bee <bob@example.org>\r\nnobody\r\nBOB@example.org\r\n  用户 <cy@example.org>\n";
    bot.write("lists/readers.txt", list);
    let mut bytes = fs::read(bot.path("lists/readers.txt")).unwrap();
    bytes.extend_from_slice(b"Ren\xE9 <rene@example.org>\n");
    fs::write(bot.path("lists/readers.txt"), bytes).unwrap();
    bot.ok(&["send", "all", "--to", "ada@example.org"]);
    assert_eq!(bot.only_mail().html, None, "a trial is what its reader would get");
    fs::remove_dir_all(bot.path("outbox")).unwrap();
    let mails = |digest: &str| {
        bot.ok(&["send", digest]);
        let mails = bot.outbox();
        fs::remove_dir_all(bot.path("outbox")).unwrap();
        let mut to: Vec<_> = mails.into_values().map(|m| (m.to, m.html.is_some())).collect();
        to.sort();
        to
    };
    let reader = |name: &str, html| (format!("{name}@example.org"), html);
    let three = [reader("ada", false), reader("bob", true), reader("cy", true)];
    let others = [reader("eve", true), reader("owner", false)];
    assert_eq!(mails("all"), [&three[..], &others].concat(), "and the owner, who is told of the fifth line");
    assert_eq!(mails("some"), three);
    let said = "lists/readers.txt, line 5: `nobody` is not a mail address: missing separator character '@'";
    assert!(bot.run(&["send"]).stderr.contains(&format!("nobody is written to for {said}")));
    let checked = bot.run(&["check", "--offline"]);
    assert_eq!(checked.code, 1);
    assert!(checked.stdout.contains(&format!("failed  {said}")), "{}", checked.stdout);
    assert!(
        checked.stdout.contains("failed  lists/readers.txt, line 8: it is not UTF-8"),
        "{}",
        checked.stdout
    );
    assert!(checked.stdout.contains("4 recipients"), "{}", checked.stdout);
}
