//! What is said when a feed or a mail server does not do what it should: what, where, and what to do.

use std::time::Instant;

use crate::bot::{Bot, rss};
use crate::feed_server::{Answer, FeedServer};
use crate::smtp_server::{Does, Security, SmtpServer, Step};

#[test]
fn each_trouble_of_a_feed_is_named_with_its_remedy() {
    let server = FeedServer::start();
    let page = |body: &str| body.as_bytes().to_vec();
    let feed = rss(&[("1", "One", "First.")]);
    let cut = feed.split_at(feed.find("</item>").unwrap()).0.to_owned();
    let home = format!(
        "<!doctype html><title>The Harbour Post</title><link rel=alternate type=application/rss+xml href=/feed.xml>{}",
        "<p>News.</p>".repeat(100)
    );
    let cases: [(&str, Answer, &str); 18] = [
        (
            "/401",
            Answer::Raw("HTTP/1.1 401 Unauthorized", Vec::new()),
            "401 Unauthorized; it wants `username` and `password_env` in its [[feed]]",
        ),
        (
            "/403",
            Answer::Raw(
                "HTTP/1.1 403 Forbidden\r\nContent-Type: text/html",
                page("<title>Just a moment...</title>"),
            ),
            "403 Forbidden with a page “Just a moment...”; it may turn programs away: another `user_agent`",
        ),
        ("/404", Answer::Raw("HTTP/1.1 404 Not Found", Vec::new()), "404 Not Found; is its address right?"),
        ("/410", Answer::Raw("HTTP/1.1 410 Gone", Vec::new()), "gone for good (410)"),
        (
            "/429",
            Answer::Raw("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3600", Vec::new()),
            "left alone for a while (429) until 20",
        ),
        ("/503", Answer::Raw("HTTP/1.1 503 Service Unavailable", Vec::new()), "left alone for a while (503)"),
        (
            "/500",
            Answer::Raw("HTTP/1.1 500 Internal Server Error", Vec::new()),
            "the server answered 500 Internal Server Error",
        ),
        (
            "/page",
            Answer::Raw("HTTP/1.1 200 OK", page(&home)),
            "a web page (“The Harbour Post”), not a feed; its feed is http://127.0.0.1:",
        ),
        (
            "/plain-page",
            Answer::Raw("HTTP/1.1 200 OK", page("<html><head><title>Sign in</title></head></html>")),
            "a web page (“Sign in”), not a feed",
        ),
        (
            "/opml",
            Answer::Raw(
                "HTTP/1.1 200 OK",
                page("<?xml version=\"1.0\"?><opml version=\"2.0\"><body/></opml>"),
            ),
            "a list of feeds (OPML)",
        ),
        ("/json", Answer::Raw("HTTP/1.1 200 OK", page("{\"a\": 1}")), "JSON, but not a JSON Feed"),
        ("/empty", Answer::Raw("HTTP/1.1 200 OK", Vec::new()), "the document is empty"),
        ("/cut", Answer::Raw("HTTP/1.1 200 OK", cut.into_bytes()), "it is cut off after "),
        (
            "/away",
            Answer::Raw("HTTP/1.1 302 Found\r\nLocation: /404", Vec::new()),
            "(redirected to http://127.0.0.1:",
        ),
        ("/nowhere", Answer::Raw("HTTP/1.1 302 Found", Vec::new()), "302 Found without saying where to"),
        (
            "/ftp",
            Answer::Raw("HTTP/1.1 302 Found\r\nLocation: ftp://example.org/", Vec::new()),
            "redirected to a `ftp` address, which is not followed",
        ),
        ("/loop", Answer::Raw("HTTP/1.1 302 Found\r\nLocation: /loop", Vec::new()), "more than 20 redirects"),
        ("/hang", Answer::Hang, "no complete answer within 1 s"),
    ];
    let mut config = "{mail}\n[fetch]\ntimeout = \"1s\"\n".to_owned();
    for (path, answer, _) in &cases {
        server.serve(path, answer.clone());
        config.push_str(&format!("[[feed]]\nid = \"{path}\"\nurl = \"{}\"\n", server.url(path)));
    }
    config.push_str("[[feed]]\nid = \"nobody\"\nurl = \"http://127.0.0.1:9/feed\"\n[[feed]]\nid = \"missing\"\nurl = \"missing.xml\"\n");
    let ran = Bot::new(&config).run(&["check"]);
    assert_eq!(ran.code, 1);
    let said = |id: &str| {
        let line = ran.stdout.lines().find(|line| line.contains(&format!("  feed {id}: ")));
        line.unwrap_or_else(|| panic!("{id}: {}", ran.stdout)).to_owned()
    };
    for (path, _, expected) in &cases {
        assert!(said(path).contains(expected) && said(path).starts_with("  failed"), "{}", said(path));
    }
    assert!(said("nobody").contains("cannot connect: "), "{}", said("nobody"));
    assert!(said("missing").contains("No such file"), "{}", said("missing"));
}

/// What `check` says of a mail server; whether `send` says it too, once.
fn said_of(server: &SmtpServer, host: &str, more: &str) -> String {
    let bot = Bot::new(&format!(
        "{{mail}}\n[[feed]]\nurl = \"feed.xml\"\n[smtp]\nhost = \"{host}\"\nport = {}\n{more}",
        server.address.port()
    ));
    bot.write("feed.xml", &rss(&[("1", "One", "First.")]));
    bot.write("ca.pem", &server.certificate);
    let env = [("PASSWORD", "s3cret")];
    let ran = bot.run_with(&["check"], &env);
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    let line =
        ran.stdout.lines().find(|line| line.starts_with("  failed  smtp")).unwrap_or_default().to_owned();
    let (_, why) = line.split_once("smtp: ").unwrap_or_default();
    let sent = bot.run_with(&["send"], &env);
    assert_eq!(sent.code, 1, "{}", sent.stdout);
    let all = sent.stdout.clone() + &sent.stderr;
    let end: String = why.chars().rev().take(40).collect::<Vec<_>>().into_iter().rev().collect();
    assert_eq!(all.matches(&end).count(), 1, "said once: {end}: {all}");
    assert!(!(all + &ran.stdout).contains("s3cret"));
    line
}

const LOGIN: &str = "username = \"ada\"\npassword_env = \"PASSWORD\"\n";

#[test]
fn a_certificate_that_its_owner_made_is_believed_where_they_name_it() {
    let server = SmtpServer::self_made(Security::Starttls);
    let said = said_of(&server, "localhost", "");
    assert!(said.contains("if it is your own, name it in `ca_file`"), "{said}");
    let bot = Bot::new(&format!(
        "{{mail}}\n[[feed]]\nurl = \"feed.xml\"\n[smtp]\nhost = \"localhost\"\nport = {}\nca_file = \"ca.pem\"\n",
        server.address.port()
    ));
    bot.write("feed.xml", &rss(&[("1", "One", "First.")]));
    bot.write("ca.pem", &server.certificate);
    bot.ok(&["check"]);
    assert!(bot.ok(&["send"]).stdout.contains("delivered"));
    // Another one of the same kind is not.
    bot.write("ca.pem", &SmtpServer::self_made(Security::Starttls).certificate);
    assert_eq!(bot.run(&["check"]).code, 1);
}

#[test]
fn each_trouble_of_a_mail_server_is_named_with_its_remedy() {
    let check = |server: &SmtpServer, host: &str, more: &str, expected: &str| {
        let said = said_of(server, host, more);
        assert!(said.contains(expected), "{expected}: {said}");
    };
    let plain = SmtpServer::start();
    check(
        &plain,
        "localhost",
        "tls = \"implicit\"\n",
        "does not speak TLS from the start here; set `tls = \"starttls\"`",
    );
    check(&plain, "127.0.0.1", "tls = \"starttls\"\n", "offers no STARTTLS");
    let begun = Instant::now();
    let implicit = SmtpServer::with(Security::Implicit, None, "127.0.0.1:0");
    check(
        &implicit,
        "localhost",
        "tls = \"starttls\"\n",
        "speaks TLS from the start here; set `tls = \"implicit\"`",
    );
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
    check(
        &implicit,
        "localhost",
        "tls = \"implicit\"\n",
        "issued by nobody whom this machine trusts; if it is your own, name it in `ca_file`",
    );
    let with_ca = "tls = \"implicit\"\nca_file = \"ca.pem\"\n";
    check(
        &SmtpServer::certified("smtp.example.org", 2090),
        "localhost",
        with_ca,
        "its certificate is for smtp.example.org, not for localhost",
    );
    check(
        &SmtpServer::certified("localhost", 2021),
        "localhost",
        with_ca,
        "its certificate expired on 2021-12-31",
    );
    let starttls = SmtpServer::with(Security::Starttls, Some("other"), "127.0.0.1:0");
    check(
        &starttls,
        "localhost",
        &format!("tls = \"starttls\"\nca_file = \"ca.pem\"\n{LOGIN}"),
        "many providers want an app password",
    );
    for (step, reply, expected) in [
        (Step::Greeting, "554 5.7.1 go away", "the greeting: 554 5.7.1 go away"),
        (Step::Greeting, "421 4.3.2 closing down", "the greeting: 421 4.3.2 closing down"),
        (Step::Auth, "530 5.7.0 Must issue a STARTTLS command first", "takes logins only after STARTTLS"),
        (Step::Auth, "535 5.7.139 Basic authentication is disabled", "use `token_command`"),
        (Step::Mail, "530 5.7.0 Authentication required", "it wants a login: `username` and `password_env`"),
        (
            Step::Mail,
            "553 5.7.1 sender not owned",
            "refuses mails from news@example.org: 553 5.7.1 sender not owned",
        ),
    ] {
        let server = SmtpServer::start();
        // Once for `check`, and for each try of `send`.
        for _ in 0..8 {
            server.fault("", step, Does::Reply(reply));
        }
        let login = if step == Step::Auth { LOGIN } else { "" };
        check(&server, "127.0.0.1", &format!("tls = \"none\"\n{login}"), expected);
    }
    let gone = SmtpServer::nowhere();
    check(&gone, "127.0.0.1", "tls = \"none\"\n", "nobody listens there");
    check(&gone, "no-such-host.invalid", "tls = \"none\"\n", "there is no host `no-such-host.invalid`");
}

#[test]
fn check_goes_as_far_as_a_send_would() {
    let server = SmtpServer::start();
    let bot = Bot::new(&format!("{{mail}}\n[[feed]]\nurl = \"feed.xml\"\n{}", server.config()));
    bot.write("feed.xml", &rss(&[("1", "One", "First.")]));
    let said = bot.ok(&["check"]).stdout;
    assert!(said.contains("answers, and takes mails from news@example.org"), "{said}");
    assert!(server.accepted().is_empty());
}

/// A DNS server that knows some texts (RFC 1035 4.1), and no other name.
fn dns_server(texts: &'static [(&'static str, &'static str)]) -> std::net::SocketAddr {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut query = [0u8; 512];
        while let Ok((length, from)) = socket.recv_from(&mut query) {
            let mut name = Vec::new();
            let mut at = 12;
            while query[at] != 0 {
                let end = at + 1 + usize::from(query[at]);
                name.push(String::from_utf8_lossy(&query[at + 1..end]).to_lowercase());
                at = end;
            }
            let name = name.join(".");
            let question = &query[12..at + 5];
            let found: Vec<_> = texts.iter().filter(|(known, _)| *known == name).collect();
            let code = if found.is_empty() { 3 } else { 0 };
            let mut answer = query[..2].to_vec();
            answer.extend([0x85, 0x80 | code, 0, 1, 0, found.len() as u8, 0, 0, 0, 0]);
            answer.extend(question);
            for (_, text) in found {
                // The name of the question; TXT, IN, a minute.
                answer.extend([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60]);
                answer.extend((text.len() as u16 + 1).to_be_bytes());
                answer.push(text.len() as u8);
                answer.extend(text.as_bytes());
            }
            let _ = (length, socket.send_to(&answer, from));
        }
    });
    address
}

#[test]
fn what_dns_lacks_for_the_senders_domain_is_said_with_what_to_publish() {
    let server = SmtpServer::start();
    let bot = Bot::new(&format!(
        "{{mail}}\n[[feed]]\nurl = \"feed.xml\"\n{}[[dkim]]\nselector = \"tidings\"\nkey_file = \"key.pem\"\n",
        server.config()
    ));
    bot.write("feed.xml", &rss(&[("1", "One", "First.")]));
    bot.ok(&["dkim", "generate", "--algorithm", "ed25519", "--selector", "tidings", "--out", "key.pem"]);
    let said = |texts: &'static [(&'static str, &'static str)], code: i32| {
        let ran = bot.run(&["check", "--dns", &dns_server(texts).to_string()]);
        assert_eq!(ran.code, code, "{}{}", ran.stdout, ran.stderr);
        ran.stdout
    };
    let bare = said(&[], 1);
    assert!(bare.contains("warn    dns example.org SPF: example.org does not say who may send its mail; publish a TXT record at example.org: `v=spf1 a mx ~all` for this machine's own address"), "{bare}");
    assert!(bare.contains("publish a TXT record at _dmarc.example.org: `v=DMARC1; p=none`"), "{bare}");
    assert!(bare.contains("failed  dns example.org DKIM: there is no TXT record at tidings._domainkey.example.org; publish `v=DKIM1; k=ed25519; p="), "{bare}");
    let other = said(
        &[
            ("example.org", "v=spf1 mx -all"),
            ("_dmarc.example.org", "v=DMARC1; p=reject"),
            ("tidings._domainkey.example.org", "v=DKIM1; k=ed25519; p=AAAA"),
        ],
        1,
    );
    assert!(other.contains("ok      dns example.org SPF: `v=spf1 mx -all`"), "{other}");
    assert!(
        other.contains(
            "failed  dns example.org DKIM: the key at tidings._domainkey.example.org is another one"
        ),
        "{other}"
    );
    let ran = bot.run(&["check", "--dns", "127.0.0.1:1"]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert!(ran.stdout.contains("warn    dns example.org SPF: DNS did not answer"), "{}", ran.stdout);
}
