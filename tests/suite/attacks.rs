//! Whatever feeds, pages, clocks, disks and other programs do to us, on purpose or not.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::bot::{Bot, rss};
use crate::daemon::{minutes_ago, terminate, until};
use crate::feed_server::{Answer, FeedServer};
use crate::smtp_server::SmtpServer;

fn page(words: &str) -> String {
    let paragraphs: String = (0..8)
        .map(|n| format!("<p>{words}, said paragraph {n}, and it went on for a good while, with commas.</p>"))
        .collect();
    format!(
        "<html><head><title>Router</title></head><body><article><h1>Router</h1>{paragraphs}</article></body></html>"
    )
}

#[test]
fn what_a_feed_names_is_never_on_a_private_network() {
    let server = FeedServer::start_on_all_of_loopback();
    server.serve(
        "/admin",
        Answer::Raw(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html",
            page("The password is hunter2").into_bytes(),
        ),
    );
    server.serve("/picture", Answer::Raw("HTTP/1.1 200 OK\r\nContent-Type: image/png", Vec::new()));
    for host in [
        "127.0.0.9",
        "127.0.0.1",
        "2130706441",
        "0177.0.0.011",
        "0x7f.9",
        "[::ffff:127.0.0.9]",
        "[2002:7f00:9::]",
        "[64:ff9b::127.0.0.9]",
        "[2001:0:7f00:1::80ff:fff6]",
        "localhost",
        "a.localhost.",
    ] {
        let (link, picture) = (server.url_at(host, "/admin"), server.url_at(host, "/picture"));
        let item = format!(
            "<item><title>One</title><link>{link}</link><description>Short.</description><media:content url=\"{picture}\" medium=\"image\"/><enclosure url=\"{picture}\" type=\"image/png\"/></item>"
        );
        let feed = format!(
            "<rss version=\"2.0\" xmlns:media=\"http://search.yahoo.com/mrss/\"><channel><title>C</title>{item}</channel></rss>"
        );
        let before = server.requests().len();
        // The owner wrote a private address, which does not make others theirs.
        server.serve("/feed", Answer::Feed(feed));
        let bot = Bot::new(&format!(
            "{{mail}}\n[[feed]]\nurl = \"{}\"\ncontent = \"fetch\"\n[[digest]]\ntitle = \"D\"\nat = \"07:00\"\nimages = \"embed\"\n",
            server.url("/feed")
        ));
        bot.ok(&["send"]);
        let asked: Vec<String> = server.requests().iter().skip(before).map(|r| r.path.clone()).collect();
        assert_eq!(asked, ["/feed"], "{host}");
        assert!(!bot.only_mail().text.contains("hunter2"));
    }
}

#[test]
fn a_proxy_is_not_asked_for_what_a_feed_may_not_name() {
    let proxy = FeedServer::start();
    for (allowed, asked) in [(false, false), (true, true)] {
        let bot = Bot::new(&format!(
            "{{mail}}\n[fetch]\nallow_private_networks = {allowed}\n[[feed]]\nurl = \"feed.xml\"\ncontent = \"fetch\"\n"
        ));
        bot.write(
            "feed.xml",
            "<rss><channel><title>C</title><item><title>One</title><link>http://localhost:9/admin</link></item></channel></rss>",
        );
        let ran = bot.run_with(&["send"], &[("HTTP_PROXY", &proxy.url("")), ("NO_PROXY", "")]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert_eq!(!proxy.requests().is_empty(), asked, "allowed: {allowed}");
    }
}

#[test]
fn a_login_never_follows_a_feed_that_moves() {
    let server = FeedServer::start_on_all_of_loopback();
    let to = server.url_at("127.0.0.9", "/new");
    server.serve("/old", Answer::Raw(format!("HTTP/1.1 301 Moved\r\nLocation: {to}").leak(), Vec::new()));
    server.serve("/new", Answer::Feed(rss(&[("1", "One", "First.")])));
    let bot = Bot::new(&format!(
        "{{mail}}\n[fetch]\nallow_private_networks = true\n[[feed]]\nurl = \"{}\"\nusername = \"ada\"\npassword_env = \"PW\"\nheaders = {{ X-Api-Key = \"env:KEY\" }}\n[[digest]]\ntitle = \"D\"\nat = \"07:00\"\n",
        server.url("/old")
    ));
    for _ in 0..6 {
        bot.run_with(&["collect", "--all"], &[("PW", "secret"), ("KEY", "key")]);
    }
    let moved: Vec<_> = server.requests().into_iter().filter(|r| r.path == "/new").collect();
    assert_eq!(moved.len(), 6);
    for request in moved {
        assert!(!request.headers.contains_key("authorization") && !request.headers.contains_key("x-api-key"));
    }
}

#[test]
fn an_edition_waits_for_a_network_that_is_not_there_yet() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = SmtpServer::start();
    let bot = Bot::new(&format!(
        "{{mail}}\n[[feed]]\nurl = \"http://{address}/feed\"\n[[digest]]\nid = \"often\"\ncron = \"*/5 * * * *\"\n{}",
        server.config()
    ));
    bot.run(&["collect", "--now", &minutes_ago(7)]);
    let mut daemon = bot.start(&["run"]);
    until("the poll", || bot.log().contains("the edition waits"));
    let (code, _) = terminate(&mut daemon);
    assert_eq!(code, Some(0), "{}", bot.log());
    assert!(!bot.log().contains("nothing new"), "{}", bot.log());
    // The network comes; the daemon tries again within minutes of the clock, or of its start.
    let feeds = TcpListener::bind(address).expect("the port is still free");
    std::thread::spawn(move || {
        for mut stream in feeds.incoming().flatten() {
            let body = rss(&[("1", "One", "First.")]);
            let _ = stream.read(&mut [0; 2000]);
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    bot.ok(&["collect", "--all"]);
    let mut daemon = bot.start(&["run"]);
    until("the mail", || server.accepted().len() == 1);
    terminate(&mut daemon);
}

#[test]
fn an_edition_waits_for_feeds_whose_server_has_a_bad_hour() {
    let feeds = FeedServer::start();
    feeds.serve("/feed", Answer::Raw("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", Vec::new()));
    // Not asked again for days.
    feeds.serve("/gone", Answer::Raw("HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", Vec::new()));
    let server = SmtpServer::start();
    let bot = Bot::new(&format!(
        "{{mail}}\n[[feed]]\nurl = \"{}\"\n[[feed]]\nurl = \"missing.xml\"\n[[feed]]\nurl = \"{}\"\n[[digest]]\nid = \"often\"\ncron = \"*/5 * * * *\"\n{}",
        feeds.url("/feed"),
        feeds.url("/gone"),
        server.config()
    ));
    bot.run(&["collect", "--now", &minutes_ago(7)]);
    let mut daemon = bot.start(&["run"]);
    until("the poll", || bot.log().contains("the edition waits"));
    terminate(&mut daemon);
    assert!(!bot.log().contains("nothing new"), "{}", bot.log());
    feeds.serve("/feed", Answer::Feed(rss(&[("1", "One", "First.")])));
    bot.run(&["collect", "--all"]);
    let mut daemon = bot.start(&["run"]);
    until("the mail", || server.accepted().len() == 1);
    terminate(&mut daemon);
}

#[test]
fn a_command_that_is_stopped_takes_along_what_it_started() {
    for command in [&["send"][..], &["collect", "--all"], &["check"], &["preview"]] {
        let bot = Bot::new(
            "{mail}\n[[feed]]\nid = \"slow\"\nurl = \"exec:(sleep 2; touch alive) & touch begun; sleep 9\"\n[[digest]]\ntitle = \"D\"\nat = \"07:00\"\n",
        );
        let mut started = bot.start(command);
        until("the command", || bot.path("begun").exists());
        let (code, took) = terminate(&mut started);
        assert_eq!(code, Some(1), "{command:?}");
        assert!(took < Duration::from_secs(2), "{command:?} {took:?}");
        std::thread::sleep(Duration::from_millis(2300));
        assert!(!bot.path("alive").exists(), "{command:?}");
    }
}

#[test]
fn a_daemon_whose_database_is_cut_off_ends_and_says_why() {
    let bot =
        Bot::new("{mail}\n[[feed]]\nurl = \"feed.xml\"\n[[digest]]\nid = \"yearly\"\ncron = \"0 0 1 1 *\"\n");
    bot.write("feed.xml", &rss(&[("1", "One", "First.")]));
    let mut daemon = bot.start(&["run"]);
    until("the first round", || bot.log().contains("collected"));
    fs::write(bot.path("tidings.db"), "").unwrap();
    // A signal to reload begins another round at once.
    Command::new("kill").args(["-HUP", &daemon.id().to_string()]).status().unwrap();
    until("the end", || bot.log().contains("tidings.db is empty"));
    assert_eq!(daemon.wait().unwrap().code(), Some(1));
}

#[test]
fn a_clock_that_was_ahead_once_holds_nothing_up() {
    let server = SmtpServer::start();
    let bot = Bot::new(&format!(
        "{{mail}}\n[[feed]]\nurl = \"feed.xml\"\n[[digest]]\nid = \"often\"\ncron = \"* * * * *\"\n{}",
        server.config()
    ));
    bot.write("feed.xml", &rss(&[("1", "One", "First.")]));
    let next_year = (chrono::Utc::now() + chrono::Duration::days(365)).to_rfc3339();
    bot.ok(&["send", "--now", &next_year]);
    bot.write("feed.xml", &rss(&[("1", "One", "First."), ("2", "Two", "Second.")]));
    let mut daemon = bot.start(&["run"]);
    until("the poll", || bot.log().contains("the clock of this machine was ahead"));
    terminate(&mut daemon);
    assert!(bot.ok(&["send"]).stdout.contains("1 story"));
    assert_eq!(server.accepted().len(), 2);
}

#[test]
fn a_file_that_hangs_keeps_neither_the_others_nor_the_daemon() {
    let server = SmtpServer::start();
    let bot = Bot::new(&format!(
        "{{mail}}\n[fetch]\ntimeout = \"1s\"\n[[feed]]\nurl = \"feed.xml\"\n[[feed]]\nid = \"pipe\"\nurl = \"pipe.xml\"\n[[feed]]\nid = \"zero\"\nurl = \"/dev/zero\"\n[[feed]]\nid = \"command\"\nurl = \"exec:sleep 1000 & trap '' TERM; sleep 1000\"\n[[feed]]\nid = \"locked\"\nurl = \"http://127.0.0.1:9/\"\nusername = \"u\"\npassword_command = \"sleep 1000\"\n[[digest]]\nid = \"often\"\ncron = \"*/5 * * * *\"\n{}",
        server.config()
    ));
    bot.write("feed.xml", &rss(&[("1", "One", "First.")]));
    Command::new("mkfifo").arg(bot.path("pipe.xml")).status().unwrap();
    let said = bot.run(&["collect", "--now", &minutes_ago(7)]).stdout;
    assert!(said.contains("feed.xml  1 new"), "{said}");
    assert!(said.contains("pipe      failed: cannot read it: it is no regular file"), "{said}");
    assert!(said.contains("zero      failed: cannot read it: it is no regular file"), "{said}");
    assert!(said.contains("command   failed: the command did not end within 1 s"), "{said}");
    let mut daemon = bot.start(&["run"]);
    std::thread::sleep(Duration::from_secs(2));
    let (code, took) = terminate(&mut daemon);
    assert_eq!(code, Some(0), "{}", bot.log());
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn a_folder_that_links_to_itself_is_read_once_and_counted_whole() {
    let bot = Bot::new(
        "{mail}\n[fetch]\nmax_bytes = \"20kB\"\n[[feed]]\nid = \"archive\"\nurl = \"archive\"\nfirst_run = 100\nmax_items = 100\n[[digest]]\ntitle = \"D\"\nat = \"07:00\"\n",
    );
    for n in 0..5 {
        let text = format!(
            "<!--{}-->\n[Article {n}](https://a.example/{n})\n------\n\n<p>Words.</p>\n",
            1_700_000_000_000_u64 + n
        );
        bot.write(&format!("archive/{n}.md"), &text);
    }
    symlink(".", bot.path("archive/again")).unwrap();
    symlink("..", bot.path("archive/up")).unwrap();
    assert!(bot.ok(&["collect"]).stdout.contains("archive  5 new"));
    bot.write(
        "archive/large.md",
        &format!(
            "<!--1700000000999-->\n[Large](https://a.example/l)\n------\n\n<p>{}</p>\n",
            "x".repeat(19_000)
        ),
    );
    bot.write(
        "archive/larger.md",
        &format!(
            "<!--1700000000999-->\n[Larger](https://a.example/m)\n------\n\n<p>{}</p>\n",
            "x".repeat(19_000)
        ),
    );
    let ran = bot.ok(&["collect", "--all"]);
    assert!(ran.stderr.contains("larger than `max_bytes` together"), "{}", ran.stderr);
    // One that is too large by itself spoils no other.
    for name in ["large", "larger"] {
        fs::remove_file(bot.path(&format!("archive/{name}.md"))).unwrap();
    }
    bot.write(
        "archive/huge.md",
        &format!("<!--1-->\n[Huge](https://a.example/h)\n------\n\n{}", "x".repeat(21_000)),
    );
    bot.write(
        "archive/new.md",
        "<!--1700000000999-->\n[New](https://a.example/n)\n------\n\n<p>Words.</p>\n",
    );
    let ran = bot.ok(&["collect", "--all"]);
    assert!(ran.stdout.contains("archive  1 new"), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("huge.md"), "{}", ran.stderr);
}

#[test]
fn a_command_that_prints_a_feed_does_not_see_our_passwords() {
    let bot = Bot::new(
        "{mail}\n[smtp]\nhost = \"127.0.0.1\"\nport = 9\ntls = \"none\"\nusername = \"u\"\npassword_env = \"SMTP_PW\"\n[[feed]]\nid = \"printed\"\nurl = \"exec:env > seen; cat feed.xml\"\n[[feed]]\nid = \"keyed\"\nurl = \"http://127.0.0.1:9/\"\nheaders = { X-Key = \"env:FEED_KEY\" }\n[[digest]]\ntitle = \"D\"\nat = \"07:00\"\n",
    );
    bot.write("feed.xml", &rss(&[("1", "One", "First.")]));
    bot.run_with(&["collect"], &[("SMTP_PW", "hunter2"), ("FEED_KEY", "hunter3"), ("PLAIN", "seen")]);
    let seen = fs::read_to_string(bot.path("seen")).unwrap();
    assert!(seen.contains("PLAIN=seen") && !seen.contains("hunter"), "{seen}");
}

#[test]
fn what_is_written_is_private_and_what_is_exposed_is_named() {
    let bot = Bot::new("{mail}\n[[feed]]\nurl = \"feed.xml\"\n[[digest]]\ntitle = \"D\"\nat = \"07:00\"\n");
    bot.write("feed.xml", &rss(&[("1", "One", "First.")]));
    // Whatever the shell's umask: `umask 0` is what some services run with.
    let umask = "umask 0; exec \"$0\" send";
    let send = Command::new("sh")
        .args(["-c", umask, env!("CARGO_BIN_EXE_tidings")])
        .current_dir(bot.path(""))
        .output();
    assert!(send.unwrap().status.success());
    bot.ok(&["dkim", "generate", "--algorithm", "ed25519"]);
    let mail = fs::read_dir(bot.path("outbox")).unwrap().flatten().next().unwrap().path();
    let (database, lock) = (bot.path("tidings.db"), bot.path("tidings.db.lock"));
    for file in [database, lock, bot.path("outbox"), mail, bot.path("dkim-tidings-ed25519.pem")] {
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", file.display());
    }
    assert!(!bot.path("dkim-tidings-ed25519.pem.part").exists());
    assert_ne!(bot.run(&["dkim", "generate", "--algorithm", "ed25519"]).code, 0, "never over a key in use");
    let bot = Bot::new(
        "{mail}\n[[feed]]\nurl = \"http://127.0.0.1:9/\"\nusername = \"u\"\npassword_file = \"password\"\n[[digest]]\ntitle = \"D\"\nat = \"07:00\"\n",
    );
    bot.write("password", "hunter2\n");
    fs::set_permissions(bot.path("password"), fs::Permissions::from_mode(0o644)).unwrap();
    let said = bot.run(&["check", "--offline"]).stdout;
    assert!(said.contains("password can be read by everybody on this machine; `chmod 600"), "{said}");
    assert!(bot.run(&["collect"]).stderr.contains("can be read by everybody"));
    for empty in ["\n", " \n", "\t\r\n", "\u{feff}\n", "\0", "\u{200b}"] {
        bot.write("password", empty);
        assert!(bot.run(&["collect", "--all"]).stdout.contains("the password is empty"));
    }
}

#[test]
fn a_database_on_a_disk_that_cannot_be_written_can_be_looked_at() {
    if !rustix_is_root() {
        eprintln!("skipped: needs root to mount a file system");
        return;
    }
    let bot = Bot::new(
        "{mail}\ndatabase = \"disk/tidings.db\"\n[[feed]]\nurl = \"feed.xml\"\n[[digest]]\nid = \"d\"\ntitle = \"D\"\nat = \"07:00\"\n",
    );
    // Top-level keys come first.
    let config =
        fs::read_to_string(bot.path("digest.toml")).unwrap().replace("database = \"disk/tidings.db\"\n", "");
    bot.write("digest.toml", &format!("database = \"disk/tidings.db\"\n{config}"));
    bot.write("feed.xml", &rss(&[("1", "One", "First.")]));
    fs::create_dir(bot.path("disk")).unwrap();
    let disk = bot.path("disk");
    let mount = |options: &str| {
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&disk).status();
        done.is_ok_and(|status| status.success())
    };
    if !mount("size=4m") {
        eprintln!("skipped: cannot mount here");
        return;
    }
    bot.ok(&["collect"]);
    let remounted = Command::new("mount").args(["-o", "remount,ro"]).arg(&disk).status().unwrap();
    assert!(remounted.success());
    let looked: Vec<_> = [vec!["status"], vec!["outbox", "list"], vec!["preview", "--format", "text"]]
        .iter()
        .map(|c| bot.run(c))
        .collect();
    let written = bot.run(&["collect", "--all"]);
    Command::new("mount").args(["-o", "remount,rw"]).arg(&disk).status().unwrap();
    // Until not even a page fits.
    let mut file = fs::File::create(disk.join("fill")).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
    drop(file);
    let full = bot.run(&["send"]);
    Command::new("umount").arg(&disk).status().unwrap();
    assert!(written.stderr.contains("mounted read-only"), "{}", written.stderr);
    assert!(full.stderr.contains("no room left"), "{}", full.stderr);
    // The disk is a small one, which is all that is wrong.
    assert!(looked[0].stdout.starts_with("one thing is wrong\n  only "), "{}", looked[0].stdout);
    for ran in &looked[1..] {
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    }
}

fn rustix_is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout == b"0\n")
}

#[test]
fn readers_who_say_nothing_keep_nobody_from_the_pages_nor_the_mails() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = SmtpServer::start();
    let bot = Bot::new(&format!(
        "{{mail}}\n[web]\nlisten = \"127.0.0.1:{port}\"\n[[feed]]\nurl = \"feed.xml\"\n[[digest]]\nid = \"often\"\ncron = \"*/5 * * * *\"\n{}",
        server.config()
    ));
    bot.write("feed.xml", &rss(&[("1", "One", "First.")]));
    bot.ok(&["collect", "--now", &minutes_ago(7)]);
    let mut daemon = bot.start(&["run"]);
    until("the pages", || TcpStream::connect(("127.0.0.1", port)).is_ok());
    let connect = || {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream
    };
    let mut silent: Vec<TcpStream> = (0..700).map(|_| connect()).collect();
    for stream in silent.iter_mut().take(300) {
        let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n");
    }
    let health = || {
        let mut stream = connect();
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut said = String::new();
        let _ = stream.read_to_string(&mut said);
        said
    };
    assert!(health().starts_with("HTTP/1.1 200"), "{}", bot.log());
    until("the mail", || server.accepted().len() == 1);
    let begun = Instant::now();
    // Those that were silent from the beginning are gone after a while.
    let mut last = silent.pop().unwrap();
    let _ = last.read(&mut [0; 100]);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    drop(silent);
    let (code, took) = terminate(&mut daemon);
    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn a_database_that_was_emptied_mails_nobody_again() {
    let server = SmtpServer::start();
    let bot = Bot::new(&format!(
        "{{mail}}\n[[feed]]\nurl = \"feed.xml\"\n[[digest]]\ntitle = \"D\"\nat = \"07:00\"\n{}",
        server.config()
    ));
    bot.write("feed.xml", &rss(&[("1", "One", "First.")]));
    bot.ok(&["send"]);
    fs::write(bot.path("tidings.db"), "").unwrap();
    for command in [&["send"][..], &["collect"], &["status"], &["preview"], &["outbox", "list"]] {
        let ran = bot.run(command);
        assert_eq!(ran.code, 1);
        assert!(ran.stderr.contains("is empty") && ran.stderr.contains("backup"), "{}", ran.stderr);
    }
    assert_eq!(server.accepted().len(), 1);
}

#[test]
fn an_attack_of_attributes_costs_no_time() {
    let attributes: String = (0..200_000).map(|n| format!(" a{n:x}")).collect();
    let bot = Bot::new(
        "{mail}\n[[feed]]\nurl = \"feed.xml\"\ncontent = \"full\"\n[[digest]]\ntitle = \"D\"\nat = \"07:00\"\n",
    );
    bot.write("feed.xml", &rss(&[("1", "One", &format!("&lt;p{attributes}&gt;Words that stay.&lt;/p&gt;"))]));
    let begun = Instant::now();
    bot.ok(&["send"]);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert!(bot.only_mail().text.contains("Words that stay."));
    bot.write("tags.xml", &format!("<rss version=\"2.0\"{attributes}><channel{attributes}><title>T</title><item{attributes}><title>One</title></item></channel></rss>"));
    let begun = Instant::now();
    assert!(bot.ok(&["parse", "tags.xml"]).stdout.contains("\"One\""));
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}
