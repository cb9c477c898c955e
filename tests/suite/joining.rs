//! Readers who join by a form, confirm it by the link of a mail, and say on a page of their own what they want.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::bot::{Bot, Mail, rss};
use crate::browser::Browser;
use crate::postfix::Postfix;
use crate::site::Site;
use crate::smtp_server::{Does, SmtpServer, Step};

const CONFIG: &str = r#"public_url = "https://news.example.org"
timezone = "UTC"
[mail]
from = "Harbour Press <news@example.org>"
[web]
listen = "{listen}"
[[feed]]
url = "feed.xml"
[[digest]]
id = "letter"
title = "The Harbour Letter"
language = "en"
signup = true
cron = "0 0 1 1 *"
[[digest]]
id = "tides"
title = "Tides"
language = "en"
signup = true
cron = "0 0 1 1 *"
[[digest]]
id = "inside"
title = "For the house"
cron = "0 0 1 1 *"
to = ["boss@example.org"]
"#;

fn site() -> Site {
    let mut site = Site::new(CONFIG);
    site.bot.write("feed.xml", &rss(&[]));
    site.start();
    site
}

/// The value of a hidden field of a page.
fn hidden(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).expect(name);
    rest.split('"').next().unwrap().to_owned()
}

/// Fills in the form as a person does, who takes a moment.
fn ask(site: &Site, address: &str, digests: &[&str], client: &str) -> String {
    let form = site.get("/join").body;
    std::thread::sleep(Duration::from_millis(2100));
    ask_with(site, &hidden(&form, "shown"), address, digests, client)
}

fn ask_with(site: &Site, shown: &str, address: &str, digests: &[&str], client: &str) -> String {
    let mut fields = vec![("email", address), ("name", "Ada"), ("shown", shown), ("website", "")];
    fields.extend(digests.iter().map(|digest| ("digest", *digest)));
    let page = site.post_with("/join", &fields, &[("X-Forwarded-For", client)]);
    assert_eq!(page.status, 200);
    page.body
}

fn mails_to(bot: &Bot, address: &str) -> Vec<Mail> {
    bot.arrived().into_values().filter(|mail| mail.to.eq_ignore_ascii_case(address)).collect()
}

/// Waits for so many mails to an address.
fn mails(site: &Site, address: &str, count: usize) -> Vec<Mail> {
    let start = Instant::now();
    loop {
        let mails = mails_to(&site.bot, address);
        if mails.len() >= count || start.elapsed() > Duration::from_secs(10) {
            assert_eq!(mails.len(), count, "{mails:#?}");
            return mails;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The path of the first link of a mail that begins so.
fn link(mail: &Mail, path: &str) -> String {
    let (_, rest) = mail.text.split_once(&format!("https://news.example.org{path}")).expect(path);
    let token: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric()).collect();
    format!("{path}{token}")
}

#[test]
fn a_reader_joins_confirms_and_is_written_to() {
    let site = site();
    let form = site.get("/join");
    for part in ["The Harbour Letter", "Tides", "type=\"email\"", "name=\"website\""] {
        assert!(form.body.contains(part), "{part}: {}", form.body);
    }
    assert!(!form.body.contains("For the house"));
    assert_eq!(form.header("cache-control"), Some("no-store"));
    let said = ask(&site, "ada@example.org", &["letter"], "203.0.113.9");
    assert!(said.contains("If mail reaches ada@example.org"), "{said}");
    let mail = mails(&site, "ada@example.org", 1).remove(0);
    assert_eq!(mail.subject, "Please confirm: The Harbour Letter");
    assert!(mail.text.contains("\n<https://news.example.org/join/"), "{}", mail.text);
    let confirm = link(&mail, "/join/");
    // Programs that follow links confirm nobody.
    for _ in 0..3 {
        let page = site.get(&confirm);
        assert!(page.status == 200 && page.body.contains("Receive The Harbour Letter at ada@example.org?"));
    }
    assert_eq!(site.ask(site.port, "HEAD", &confirm, &[]).status, 200);
    let listed = || site.bot.ok(&["recipients", "list"]).stdout;
    assert!(!listed().contains("ada@example.org"), "{}", listed());
    let page = site.post(&confirm, &[("confirm", "1")]);
    assert!(page.body.contains("ada@example.org now receives The Harbour Letter."), "{}", page.body);
    assert!(listed().contains("Ada <ada@example.org>"), "{}", listed());
    // The link has done its work, and whoever opens it once more is told so.
    for page in [site.get(&confirm), site.post(&confirm, &[])] {
        assert!(
            page.status == 200 && page.body.contains("ada@example.org now receives The Harbour Letter."),
            "{}",
            page.body
        );
    }
    let welcome =
        mails(&site, "ada@example.org", 2).into_iter().find(|mail| mail.subject.contains("Welcome"));
    let own = link(&welcome.expect("a welcome"), "/reader/");
    assert_eq!(site.get(&own).status, 200);
    site.bot.write("feed.xml", &rss(&[("1", "Ferries sail", "Words.")]));
    site.bot.ok(&["send"]);
    let edition = mails(&site, "ada@example.org", 3).into_iter().find(|mail| mail.subject == "Ferries sail");
    let edition = edition.expect("the edition");
    assert_eq!(link(&edition, "/reader/"), own);
    assert_eq!(mails_to(&site.bot, "boss@example.org").len(), 1);
    // Who is a reader already is told so by mail, and the page says what it says to all.
    let said = ask(&site, "Ada@Example.org", &["letter"], "203.0.113.10");
    assert!(said.contains("If mail reaches Ada@example.org"), "{said}");
    let known = mails(&site, "ada@example.org", 4);
    let known = known.into_iter().find(|mail| mail.subject.contains("already")).expect("a mail");
    assert_eq!(
        (known.subject.as_str(), link(&known, "/reader/")),
        ("You already receive The Harbour Letter", own)
    );
    // Whoever must show how somebody became a reader can.
    let shown = site.bot.ok(&["recipients", "show", "ada@example.org"]).stdout;
    assert!(
        shown.contains("letter")
            && shown.contains("asked by the form on 20")
            && shown.contains("confirmed on 20"),
        "{shown}"
    );
    assert!(!site.bot.log().contains("ada@example.org"), "{}", site.bot.log());
}

#[test]
fn robots_cost_a_handful_of_mails_and_keep_nobody_out() {
    let site = site();
    let form = site.get("/join").body;
    let shown = hidden(&form, "shown");
    // Too quick, and where nobody sees a field.
    ask_with(&site, &shown, "quick@example.org", &["letter"], "198.51.100.1");
    std::thread::sleep(Duration::from_millis(2100));
    let trapped = site.post(
        "/join",
        &[("email", "trap@example.org"), ("digest", "letter"), ("shown", &shown), ("website", "x")],
    );
    assert!(trapped.body.contains("If mail reaches"), "{}", trapped.body);
    // One that knows the form, and asks for ten thousand strangers.
    for i in 0..10_000 {
        let address = format!("stranger{i}@example.org");
        let fields = [("email", address.as_str()), ("digest", "letter"), ("shown", &shown), ("website", "")];
        let client = format!("198.51.100.{}", i % 250);
        let page = site.post_with("/join", &fields, &[("X-Forwarded-For", &client)]);
        assert!(page.status == 200 || page.status == 429, "{}", page.status);
    }
    let reader = ask(&site, "ada@example.org", &["letter"], "203.0.113.9");
    assert!(reader.contains("If mail reaches ada@example.org"), "{reader}");
    mails(&site, "ada@example.org", 1);
    let all = site.bot.arrived();
    assert!(all.len() <= 6, "{} mails", all.len());
    for robot in ["quick@example.org", "trap@example.org"] {
        assert!(mails_to(&site.bot, robot).is_empty(), "{robot}");
    }
    // The same person, over and over.
    for i in 0..6 {
        ask_with(&site, &shown, "bob@example.org", &["letter"], &format!("203.0.{i}.9"));
    }
    mails(&site, "bob@example.org", 3);
}

#[test]
fn a_form_on_another_page_is_asked_for_once_more() {
    let site = site();
    // As somebody's own page has it: an address and a button.
    let page = site.post("/join", &[("email", "ada@example.org"), ("digest", "letter")]);
    assert!(
        page.body.contains("press the button once more") && page.body.contains("value=\"ada@example.org\""),
        "{}",
        page.body
    );
    std::thread::sleep(Duration::from_millis(2100));
    ask_with(&site, &hidden(&page.body, "shown"), "ada@example.org", &["letter"], "203.0.113.9");
    mails(&site, "ada@example.org", 1);
    for (address, digest) in
        [("nobody", "letter"), ("", "letter"), ("a@example.org", "inside"), ("a@example.org", "none")]
    {
        let page = site.post("/join", &[("email", address), ("digest", digest)]);
        assert!(page.body.contains("This needs a mail address"), "{address} {digest}: {}", page.body);
    }
    let hostile =
        site.post("/join", &[("email", "\"><script>alert(1)</script>@example.org"), ("name", "<script>")]);
    assert!(!hostile.body.contains("<script"), "{}", hostile.body);
    assert!(site.post("/join", &[("name", &"x".repeat(20_000))]).status >= 400);
}

#[test]
fn a_reader_leaves_comes_back_and_says_what_they_want() {
    let site = site();
    ask(&site, "ada@example.org", &["letter", "tides"], "203.0.113.9");
    let mail = mails(&site, "ada@example.org", 1).remove(0);
    site.post(&link(&mail, "/join/"), &[]);
    let own = link(
        &mails(&site, "ada@example.org", 2)[1..]
            .iter()
            .chain(&mails(&site, "ada@example.org", 2))
            .find(|m| m.subject.contains("Welcome"))
            .unwrap()
            .clone(),
        "/reader/",
    );
    let number = std::cell::Cell::new(0);
    let edition = || -> Vec<(String, bool)> {
        number.set(number.get() + 1);
        let before: BTreeSet<_> = site.bot.arrived().into_keys().collect();
        let id = number.get().to_string();
        site.bot.write("feed.xml", &rss(&[(&id, &format!("Article {id}"), "Words.")]));
        site.bot.ok(&["send"]);
        let new =
            site.bot.arrived().into_iter().filter(|(name, _)| !before.contains(name)).map(|(_, mail)| mail);
        new.filter(|mail| mail.to == "ada@example.org")
            .map(|mail| (mail.subject, mail.html.is_some()))
            .collect()
    };
    assert_eq!(edition().len(), 2);
    let out = own.replace("/reader/", "/unsubscribe/");
    // One click leaves the digest whose mail bore it; looking at the page does not.
    site.get(&out);
    let gone = site.post(&out, &[("List-Unsubscribe", "One-Click")]);
    assert!(gone.status == 200 && gone.body.contains("Undo"), "{}", gone.body);
    assert_eq!(edition().len(), 1);
    let back = site.post(&format!("{out}/undo"), &[]);
    assert!(back.body.contains("ada@example.org now receives The Harbour Letter."), "{}", back.body);
    assert_eq!(edition().len(), 2);
    // Her own page.
    let page = site.get(&own).body;
    assert!(page.contains("value=\"letter\" checked") && !page.contains("For the house"), "{page}");
    let save = |fields: &[(&str, &str)]| {
        let page = site.post(&own, fields);
        assert!(page.status == 200 && page.body.contains("Saved."), "{}", page.body);
    };
    save(&[("digest", "letter"), ("often", "each"), ("format", "text"), ("pause", "")]);
    assert_eq!(edition(), [("Article 4".to_owned(), false)]);
    save(&[("digest", "letter"), ("often", "each"), ("format", "html"), ("pause", "2999-01-01")]);
    assert_eq!(edition(), []);
    assert!(site.get(&own).body.contains("value=\"2999-01-01\""));
    save(&[
        ("digest", "letter"),
        ("digest", "tides"),
        ("digest", "inside"),
        ("often", "each"),
        ("format", "html"),
        ("pause", "2001-01-01"),
    ]);
    let got = edition();
    assert_eq!(got.len(), 2, "{got:?}");
    let left = site.post(&own, &[("leave-all", "1"), ("digest", "letter")]);
    assert!(!left.body.contains("checked=\"\"><span dir=\"auto\">The Harbour Letter"), "{}", left.body);
    assert_eq!(edition(), []);
    // That link takes nobody up again who has left since.
    assert_eq!(site.post(&link(&mail, "/join/"), &[]).status, 404);
    assert_eq!(edition(), []);
    for forged in ["/reader/forged", "/unsubscribe/forged/undo", "/join/forged"] {
        assert_eq!(site.post(forged, &[("digest", "letter")]).status, 404, "{forged}");
    }
    assert_eq!(site.get(&format!("{out}/undo")).status, 405);
}

/// All that the database knows of readers and their mails.
fn known(bot: &Bot) -> String {
    let db = rusqlite::Connection::open(bot.path("tidings.db")).unwrap();
    let mut all = String::new();
    for table in ["subscription", "preference", "signup", "letter", "suppression", "delivery", "forgotten"] {
        let mut query = db.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = query.column_count();
        let mut rows = query.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let values: Vec<_> = (0..columns).map(|i| format!("{:?}", row.get_ref(i).unwrap())).collect();
            all.push_str(&format!("{table}: {}\n", values.join(", ")));
        }
    }
    all
}

#[test]
fn who_only_looks_changes_nothing_and_one_click_is_taken_as_providers_send_it() {
    let site = site();
    ask(&site, "ada@example.org", &["letter", "tides"], "203.0.113.9");
    let confirm = link(&mails(&site, "ada@example.org", 1).remove(0), "/join/");
    let look_around = |paths: &[String]| {
        let before = known(&site.bot);
        for path in paths {
            for method in ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"] {
                let status = site.ask(site.port, method, path, &[]).status;
                assert!(status < 500, "{method} {path}: {status}");
            }
        }
        assert_eq!(known(&site.bot), before);
        assert!(!before.is_empty());
    };
    look_around(&["/join".into(), "/join?digest=letter&email=eve@example.org".into(), confirm.clone()]);
    site.post(&confirm, &[]);
    let welcome =
        mails(&site, "ada@example.org", 2).into_iter().find(|mail| mail.subject.contains("Welcome"));
    let own = link(&welcome.unwrap(), "/reader/");
    let out = own.replace("/reader/", "/unsubscribe/");
    // The letters are sent by now.
    std::thread::sleep(Duration::from_millis(300));
    look_around(&[own.clone(), format!("{own}?leave-all=1"), out.clone(), format!("{out}/undo"), confirm]);
    // As Gmail sends it, and as RFC 8058 shows it.
    let parts =
        "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
    for (kind, body) in [
        ("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click"),
        ("multipart/form-data; boundary=b", parts),
        ("", ""),
    ] {
        site.post(&format!("{out}/undo"), &[]);
        assert!(!site.bot.ok(&["recipients", "list"]).stdout.contains("has left"));
        let page = site.say(site.port, "POST", &out, &[("Content-Type", kind)], body);
        assert_eq!(
            (page.status, page.header("location"), page.header("set-cookie")),
            (200, None, None),
            "{kind}"
        );
        let listed = site.bot.ok(&["recipients", "list"]).stdout;
        assert!(listed.contains("has left letter"), "{kind}: {listed}");
    }
}

#[test]
fn who_is_forgotten_is_known_no_more_and_never_written_to() {
    let site = site();
    ask(&site, "ada@example.org", &["letter"], "203.0.113.9");
    let mail = mails(&site, "ada@example.org", 1).remove(0);
    site.post(&link(&mail, "/join/"), &[]);
    mails(&site, "ada@example.org", 2);
    site.bot.write("feed.xml", &rss(&[("1", "One", "Words.")]));
    site.bot.ok(&["send"]);
    let said = site.bot.ok(&["recipients", "forget", "Ada@example.org"]).stdout;
    assert!(said.contains("nothing is known of them any more"), "{said}");
    for file in ["tidings.db", "tidings.db-wal"] {
        let bytes = std::fs::read(site.bot.path(file)).unwrap_or_default();
        let found = bytes.windows(15).filter(|at| at.eq_ignore_ascii_case(b"ada@example.org")).count();
        assert_eq!(found, 0, "{file}");
    }
    let db = rusqlite::Connection::open(site.bot.path("tidings.db")).unwrap();
    for (table, column) in [
        ("delivery", "address"),
        ("subscription", "address"),
        ("signup", "address"),
        ("letter", "address"),
        ("attempt", "reply"),
    ] {
        let known: i64 = db
            .query_row(&format!("SELECT count(*) FROM {table} WHERE {column} LIKE '%ada@%'"), [], |r| {
                r.get(0)
            })
            .unwrap();
        assert_eq!(known, 0, "{table}");
    }
    ask(&site, "ada@example.org", &["letter"], "203.0.113.9");
    std::thread::sleep(Duration::from_millis(500));
    site.bot.write("feed.xml", &rss(&[("2", "Two", "Words.")]));
    site.bot.ok(&["send"]);
    let after = mails_to(&site.bot, "ada@example.org");
    assert!(after.iter().all(|mail| mail.subject != "Two") && after.len() == 3, "{after:#?}");
    // Whoever thinks better of it can be taken in again.
    assert_eq!(site.bot.run(&["recipients", "add", "ada@example.org", "--digest", "letter"]).code, 2);
    site.bot.ok(&["recipients", "resume", "ada@example.org"]);
    site.bot.ok(&["recipients", "add", "ada@example.org", "--digest", "letter"]);
}

#[test]
fn a_mailbox_is_one_however_its_address_is_written() {
    let config = CONFIG.replace("boss@example.org", "chef@xn--mnchen-3ya.example");
    let bot = Bot::new(&config.replace("{listen}", "127.0.0.1:8480"));
    bot.write("feed.xml", &rss(&[("1", "One", "Words.")]));
    bot.write(
        "list.csv",
        "email\nchef@münchen.example\nChef@MÜNCHEN.example\n\"\"\"chef\"\"@münchen.example\"\n",
    );
    let ran = bot.ok(&["recipients", "import", "list.csv", "--digest", "inside"]);
    assert!(ran.stdout.contains("inside: 1 new, 2 known"), "{}", ran.stdout);
    bot.ok(&["send", "inside"]);
    assert_eq!(bot.arrived().len(), 1);
    bot.write("left.csv", "email,status\nchef@xn--mnchen-3ya.example,unsubscribed\n");
    bot.ok(&["recipients", "import", "left.csv", "--digest", "inside"]);
    bot.write("feed.xml", &rss(&[("2", "Two", "Words.")]));
    bot.run(&["send", "inside"]);
    assert_eq!(bot.arrived().len(), 1);
    bot.ok(&["recipients", "resume", "chef@MÜNCHEN.example"]);
    bot.ok(&["recipients", "forget", "chef@xn--mnchen-3ya.example"]);
    bot.write("feed.xml", &rss(&[("3", "Three", "Words.")]));
    bot.run(&["send", "inside"]);
    assert_eq!(bot.arrived().len(), 1);
    let listed = bot.ok(&["recipients", "list"]).stdout;
    assert!(listed.contains("chef@münchen.example  erased, and not written to"), "{listed}");
    assert!(listed.contains("mails go to 0"), "{listed}");
}

#[test]
fn who_leaves_by_mistake_gets_the_mail_that_was_on_its_way() {
    let site = site();
    site.bot.ok(&["recipients", "add", "ada@example.org", "--digest", "letter"]);
    site.bot.write("feed.xml", &rss(&[("1", "One", "Words.")]));
    // Published, and not yet sent.
    let db = site.bot.path("tidings.db");
    site.bot.ok(&["send"]);
    let (token, id): (String, i64) = rusqlite::Connection::open(&db)
        .unwrap()
        .query_row("SELECT token, id FROM delivery WHERE address = 'ada@example.org'", [], |r| {
            Ok((r.get(0)?, r.get(1)?))
        })
        .unwrap();
    let state = || -> String {
        let db = rusqlite::Connection::open(&db).unwrap();
        db.query_row("SELECT state FROM delivery WHERE id = ?1", [id], |r| r.get(0)).unwrap()
    };
    let wait = |attempts: i64| {
        let db = rusqlite::Connection::open(&db).unwrap();
        db.execute(
            "UPDATE delivery SET state = 'deferred', attempts = ?2, next_attempt = unixepoch() + 3600, settled_at = NULL WHERE id = ?1",
            [id, attempts],
        )
        .unwrap();
    };
    for (attempts, before) in [(0, "pending"), (2, "deferred")] {
        wait(attempts);
        site.post(&format!("/unsubscribe/{token}"), &[("List-Unsubscribe", "One-Click")]);
        assert_eq!(state(), "dropped");
        assert_eq!(site.post(&format!("/unsubscribe/{token}/undo"), &[]).status, 200);
        assert_eq!(state(), before);
    }
    // One-Click is no form of her own page, and changes nothing there.
    site.post(&format!("/reader/{token}"), &[("List-Unsubscribe", "One-Click")]);
    assert_eq!(state(), "deferred");
    assert!(!site.bot.ok(&["recipients", "list"]).stdout.contains("has left"));
    // Nor does a mail come that was put off before she paused.
    site.post(
        &format!("/reader/{token}"),
        &[("digest", "letter"), ("often", "each"), ("format", "html"), ("pause", "2999-01-01")],
    );
    assert_eq!(state(), "dropped");
}

#[test]
fn lists_of_other_programs_are_taken_in_whole() {
    let bot = Bot::new(&CONFIG.replace("{listen}", "127.0.0.1:8480"));
    bot.write("feed.xml", &rss(&[("1", "One", "Words.")]));
    let taken = |name: &str, text: &str, expected: &str| {
        bot.write(name, text);
        let ran = bot.run(&["recipients", "import", name, "--digest", "letter"]);
        assert!(
            (ran.stdout.clone() + &ran.stderr).contains(expected),
            "{name}: {}{}",
            ran.stdout,
            ran.stderr
        );
        ran
    };
    taken(
        "listmonk.csv",
        "uuid,email,name,attributes,status,created_at,updated_at\n1,l1@example.org,Lea,\"{\"\"city\"\": \"\"Tarnley\"\"}\",enabled,2025-01-02T03:04:05Z,\n2,l2@example.org,,{},blocklisted,,\n",
        "1 new, 1 has left",
    );
    taken(
        "mailchimp.csv",
        "\u{feff}Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME\r\nm1@example.org,Mo,\"Marsh, Jr.\",2,2024-05-06 07:08:09\r\nm2@example.org,,,2,\r\n",
        "2 new",
    );
    taken(
        "substack.csv",
        "email,active_subscription,expiry,plan,email_disabled,created_at\ns1@example.org,false,,other,false,2024-01-01T00:00:00Z\ns2@example.org,false,,other,true,\n",
        "1 new, 1 has left",
    );
    let ran = taken(
        "buttondown.csv",
        "email_address,notes,subscriber_type,source\nb1@example.org,,regular,import\nb2@example.org,,unsubscribed,\nnobody,,regular,\nb1@Example.org,,regular,\n,,regular,\n",
        "1 new, 1 known, 1 has left, 2 lines left out",
    );
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.contains("buttondown.csv, line 4: `nobody` is not a mail address")
            && ran.stderr.contains("line 6"),
        "{}",
        ran.stderr
    );
    let plain = taken("plain.txt", "p1@example.org\nPia <p2@example.org>\n", "2 new");
    assert_eq!(plain.code, 0);
    // Who left stays so, whatever list they stand on.
    taken("again.csv", "email\nl2@example.org\nl1@example.org\n", "1 known, 1 stays away");
    bot.ok(&["recipients", "suspend", "m2@example.org"]);
    taken("suspended.csv", "email\nm2@example.org\n", "1 stays away");
    bot.ok(&["recipients", "add", "Zoe <z@example.org>", "--digest", "letter"]);
    bot.ok(&["send"]);
    let to: BTreeSet<String> = bot.arrived().into_values().map(|mail| mail.to).collect();
    let expected =
        ["b1", "boss", "l1", "m1", "p1", "p2", "s1", "z"].map(|name| format!("{name}@example.org"));
    assert_eq!(to, expected.into());
    // Files of those who have left, and a list that has somebody twice.
    taken(
        "unsubscribed.csv",
        "Email Address,First Name,UNSUB_TIME\nu1@example.org,Una,2024-05-06 07:08:09\nm1@example.org,,2024-05-06 07:08:09\n",
        "0 new, 2 has left",
    );
    taken(
        "twice.csv",
        "email,type\ntwice@example.org,regular\ntwice@example.org,unsubscribed\n",
        "0 new, 1 has left, 1 stays away",
    );
    let open = taken(
        "open.csv",
        "email,name\no1@example.org,\"Ona\no2@example.org,\no3@example.org,\n",
        "2 new, 1 line left out",
    );
    assert!(
        open.code == 1 && open.stderr.contains("line 2: a quotation mark in it is not closed"),
        "{}",
        open.stderr
    );
    taken("number.csv", "name,email\n#1 Fan,fan@example.org\n", "1 new");
    let listed = bot.ok(&["recipients", "list"]).stdout;
    assert!(listed.contains("m1@example.org") && listed.contains("has left letter"), "{listed}");
    // What goes out comes in again the same.
    let exported = bot.ok(&["recipients", "export"]).stdout;
    assert!(
        exported.starts_with("email,name,digest,status,source,requested,joined,left\n")
            && exported.contains("Mo Marsh, Jr."),
        "{exported}"
    );
    let other = Bot::new(&CONFIG.replace("{listen}", "127.0.0.1:8480"));
    other.write("list.csv", &exported);
    let whole = other.ok(&["recipients", "import", "list.csv", "--json"]).stdout;
    assert!(whole.contains("\"digest\": \"letter\"") && whole.contains("\"left\": "), "{whole}");
    let shown = other.ok(&["recipients", "show", "m1@example.org"]).stdout;
    assert!(
        shown.contains("asked by the list mailchimp.csv on 2024-05-06") && shown.contains("; has left on"),
        "{shown}"
    );
    other.write(
        "elsewhere.csv",
        "email,digest,source,left\ne1@example.org,tides,,\ne2@example.org,nowhere,,\ne3@example.org,letter,,\n",
    );
    let only = other.ok(&["recipients", "import", "elsewhere.csv", "--digest", "tides"]).stdout;
    assert_eq!(only, "tides: 1 new\n");
    let all = other.run(&["recipients", "import", "elsewhere.csv"]);
    assert!(
        all.code == 1 && all.stderr.contains("elsewhere.csv, line 3: there is no digest `nowhere`"),
        "{}",
        all.stderr
    );
    other.ok(&["recipients", "forget", "e1@example.org"]);
    other.ok(&["recipients", "forget", "e3@example.org"]);
    assert_eq!(other.ok(&["recipients", "export"]).stdout, exported);
}

#[test]
fn what_was_exported_is_taken_in_the_same() {
    let first = Bot::new(&CONFIG.replace("{listen}", "127.0.0.1:8480"));
    first.write(
        "list.csv",
        "email,name,created_at\nada@example.org,Ada,2024-05-06 07:08:09\nbob@example.org,=1+1,2024-05-06 07:08:09\nsue@example.org,Sue,\n+plus@example.org,P\n=eq@example.org,E\n'quote@example.org,Q\n",
    );
    first.ok(&["recipients", "import", "list.csv", "--digest", "letter"]);
    first.write("gone.csv", "email,status\nbob@example.org,unsubscribed\nzoe@example.org,unsubscribed\n");
    first.ok(&["recipients", "import", "gone.csv", "--digest", "letter"]);
    first.ok(&["recipients", "suspend", "sue@example.org"]);
    first.ok(&["recipients", "suspend", "boss@example.org"]);
    let exported = first.ok(&["recipients", "export"]).stdout;
    let second = Bot::new(&CONFIG.replace("{listen}", "127.0.0.1:8480"));
    second.write("all.csv", &exported);
    second.ok(&["recipients", "import", "all.csv"]);
    assert_eq!(second.ok(&["recipients", "export"]).stdout, exported);
    assert!(
        exported.contains("boss@example.org,,,suspended") && exported.contains("'+plus@example.org"),
        "{exported}"
    );
    // Who was not written to there is not written to here.
    let sue = second.run(&["recipients", "add", "sue@example.org", "--digest", "tides"]);
    assert_eq!(sue.code, 2, "{}", sue.stdout);
    let listed = second.ok(&["recipients", "list"]).stdout;
    assert!(listed.contains("mails go to 4"), "{listed}");
}

#[test]
fn two_spellings_of_a_mailbox_never_stop_an_edition() {
    let bot = Bot::new(&CONFIG.replace("{listen}", "127.0.0.1:8480"));
    bot.write("feed.xml", &rss(&[("1", "One", "Words.")]));
    bot.write("list.csv", "email\nada@example.org\n\"\"\"\\\"\"ada\\\"\"\"\"@example.org\"\nbob@example.org\nJÜRGEN@example.org\njürgen@example.org\n");
    bot.ok(&["recipients", "import", "list.csv", "--digest", "letter"]);
    // As an earlier version may have left it.
    let db = rusqlite::Connection::open(bot.path("tidings.db")).unwrap();
    db.execute(
        "INSERT INTO subscription (token, digest, address, source, requested, joined) VALUES ('t', 'letter', '\"bob\"@example.org', 'x', 1, 1)",
        [],
    )
    .unwrap();
    drop(db);
    bot.ok(&["send", "letter"]);
    let to: Vec<String> = bot.arrived().into_values().map(|mail| mail.to).collect();
    assert_eq!(to.iter().filter(|to| *to == "ada@example.org").count(), 1, "{to:?}");
    assert_eq!(to.iter().filter(|to| to.contains("bob")).count(), 1, "{to:?}");
    assert_eq!(to.iter().filter(|to| to.contains("rgen")).count(), 1, "{to:?}");
}

#[test]
fn a_link_confirms_nobody_who_has_left_since_they_asked() {
    let site = site();
    ask(&site, "ada@example.org", &["letter"], "203.0.113.9");
    ask(&site, "ada@example.org", &["letter"], "203.0.113.9");
    let mut asked = mails(&site, "ada@example.org", 2);
    let (second, first) = (link(&asked.remove(1), "/join/"), link(&asked.remove(0), "/join/"));
    site.post(&first, &[]);
    let welcome =
        mails(&site, "ada@example.org", 3).into_iter().find(|mail| mail.subject.contains("Welcome"));
    let own = link(&welcome.unwrap(), "/reader/");
    std::thread::sleep(Duration::from_millis(1100));
    site.post(&own.replace("/reader/", "/unsubscribe/"), &[("List-Unsubscribe", "One-Click")]);
    for used in [second, first] {
        assert_eq!(site.post(&used, &[("confirm", "1")]).status, 404);
    }
    assert!(site.bot.ok(&["recipients", "list"]).stdout.contains("has left letter"));
    // Whom nobody writes to is not offered to come back.
    site.bot.ok(&["recipients", "suspend", "ada@example.org"]);
    let out = own.replace("/reader/", "/unsubscribe/");
    assert!(!site.get(&out).body.contains("/undo"), "{}", site.get(&out).body);
}

#[test]
fn who_is_forgotten_in_the_middle_of_a_mail_costs_nobody_theirs() {
    let server = SmtpServer::start();
    server.fault("fa@example.org", Step::Rcpt, Does::Wait(Duration::from_secs(3)));
    let bot = Bot::new(
        &CONFIG
            .replace("{listen}", "127.0.0.1:8480")
            .replace("[web]", &format!("{}\n[web]", server.config())),
    );
    bot.write("feed.xml", &rss(&[("1", "One", "Words.")]));
    bot.write("list.csv", "email\nfa@example.org\nbob@example.org\n");
    bot.ok(&["recipients", "import", "list.csv", "--digest", "letter"]);
    let mut sending = bot.start(&["send", "letter"]);
    let state = || -> Option<String> {
        let db = rusqlite::Connection::open(bot.path("tidings.db")).ok()?;
        db.query_row("SELECT state FROM delivery WHERE address = 'fa@example.org'", [], |r| r.get(0)).ok()
    };
    let begun = Instant::now();
    while state().as_deref() != Some("sending") && begun.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(state().as_deref(), Some("sending"));
    bot.ok(&["recipients", "forget", "fa@example.org"]);
    sending.wait().unwrap();
    bot.run(&["send", "letter"]);
    assert!(!known(&bot).contains("fa@example.org"), "{}", known(&bot));
    let db = rusqlite::Connection::open(bot.path("tidings.db")).unwrap();
    let replies: i64 =
        db.query_row("SELECT count(*) FROM attempt WHERE reply LIKE '%fa@%'", [], |r| r.get(0)).unwrap();
    assert_eq!(replies, 0);
    bot.write("feed.xml", &rss(&[("2", "Two", "Words.")]));
    bot.ok(&["send", "letter"]);
    let to_bob = server
        .raw()
        .iter()
        .filter(|mail| String::from_utf8_lossy(mail).contains("To: <bob@example.org>"))
        .count();
    assert_eq!(to_bob, 2);
}

#[test]
fn who_wants_every_edition_again_gets_those_of_the_week() {
    let site = site();
    site.bot.ok(&["recipients", "add", "ada@example.org", "--digest", "letter"]);
    let edition = |id: &str| {
        site.bot.write("feed.xml", &rss(&[(id, &format!("Article {id}"), "Words.")]));
        site.bot.run(&["send", "letter"]);
        let mut subjects: Vec<String> =
            mails_to(&site.bot, "ada@example.org").into_iter().map(|mail| mail.subject).collect();
        subjects.sort();
        subjects
    };
    assert_eq!(edition("1"), ["Article 1"]);
    let own = {
        let db = rusqlite::Connection::open(site.bot.path("tidings.db")).unwrap();
        let token: String = db.query_row("SELECT token FROM subscription", [], |r| r.get(0)).unwrap();
        format!("/reader/{token}")
    };
    let often = |often: &str| {
        site.post(&own, &[("digest", "letter"), ("often", often), ("format", "html"), ("pause", "")]);
    };
    often("weekly");
    assert_eq!(edition("2"), ["Article 1"]);
    assert_eq!(edition("3"), ["Article 1"]);
    often("each");
    assert_eq!(edition("4"), ["Article 1", "Article 2", "Article 3", "Article 4"]);
    often("each");
    assert_eq!(edition("5").len(), 5);
}

#[test]
fn a_hundred_thousand_lines_are_taken_in_quickly() {
    let bot = Bot::new(&CONFIG.replace("{listen}", "127.0.0.1:8480"));
    let count: usize = std::env::var("TIDINGS_LINES").map_or(2_000, |count| count.parse().unwrap());
    let mut list = String::from("email,name\n");
    for i in 0..count {
        list.push_str(&format!("reader{i}@example{}.org,Reader {i}\n", i % 997));
        if i % 1000 == 500 {
            list.push_str("no address at all,\n");
        }
    }
    bot.write("list.csv", &list);
    let begun = Instant::now();
    let ran = bot.run(&["recipients", "import", "list.csv", "--digest", "letter"]);
    println!("{count} lines: {:?}", begun.elapsed());
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains(&format!("{count} new, {} line", count / 1000)), "{}", ran.stdout);
    assert!(
        ran.stderr.contains("list.csv, line 503: `no address at all` is not a mail address"),
        "{}",
        ran.stderr
    );
    assert_eq!(bot.ok(&["recipients", "export"]).stdout.lines().count(), count + 1);
}

#[test]
fn joining_and_choosing_in_a_browser() {
    let Some(browser) = Browser::start() else { return };
    // A real mail server, where there can be one.
    let (postfix, server) = match Postfix::start() {
        Some(postfix) => (Some(postfix), None),
        None => (None, Some(SmtpServer::start())),
    };
    let smtp = postfix.as_ref().map(Postfix::config).or(server.as_ref().map(SmtpServer::config)).unwrap();
    let mut site = Site::new(&format!("{CONFIG}{smtp}"));
    site.bot.write("feed.xml", &rss(&[]));
    site.start();
    let pictures = std::env::var_os("TIDINGS_PICTURES").map(std::path::PathBuf::from);
    let looked_at = |name: &str| {
        for (width, is_dark) in [(375, false), (375, true), (1280, true), (1280, false)] {
            browser.show(width, is_dark);
            if let Some(folder) = &pictures {
                browser.picture(&folder.join(format!("{name}-{width}-{is_dark}.png")));
            }
            assert_eq!(browser.axe(), Vec::<String>::new(), "{name} {width} {is_dark}");
            assert_eq!(browser.eval("return document.documentElement.scrollWidth"), width, "{name}");
        }
    };
    browser.open(&site.url("/join"));
    looked_at("join");
    browser.click("input[value=tides]");
    std::thread::sleep(Duration::from_millis(2100));
    browser.submit("input[name=email]", "ada@example.org");
    browser.says("If mail reaches ada@example.org");
    looked_at("asked");
    let mail = |subject: &str| -> Mail {
        let start = Instant::now();
        loop {
            let arrived: Vec<Mail> = match (&postfix, &server) {
                (Some(postfix), _) => postfix.mails(),
                (None, Some(server)) => server.accepted().into_iter().map(|(_, mail)| mail).collect(),
                (None, None) => Vec::new(),
            };
            if let Some(mail) = arrived.into_iter().find(|mail| mail.subject.contains(subject)) {
                return mail;
            }
            assert!(start.elapsed() < Duration::from_secs(20), "no mail: {}", site.bot.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    let confirm = link(&mail("confirm"), "/join/");
    browser.open(&site.url(&confirm));
    looked_at("confirm");
    browser.click("button[name=confirm]");
    browser.says("now receives The Harbour Letter.");
    let own = link(&mail("Welcome"), "/reader/");
    browser.open(&site.url(&own));
    looked_at("own-page");
    browser.click("input[value=tides]");
    browser.click("input[value=weekly]");
    browser.click("input[value=text]");
    browser.eval("document.querySelector('input[name=pause]').value = '2999-01-01'");
    browser.click("button[name=save]");
    let state = browser.eval("return [...document.querySelectorAll('input:checked')].map(i => i.value).concat(document.querySelector('input[name=pause]').value)");
    assert_eq!(state, serde_json::json!(["letter", "tides", "weekly", "text", "2999-01-01"]));
    looked_at("saved");
    browser.open(&site.url(&own.replace("/reader/", "/unsubscribe/")));
    looked_at("leave");
    browser.click("button");
    browser.says("will not receive The Harbour Letter any more");
    looked_at("left");
    browser.click("button");
    browser.says("now receives The Harbour Letter.");
}
