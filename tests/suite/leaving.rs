//! Readers who leave: the header of each mail, the page behind it, and what follows.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use mail_parser::MessageParser;

use crate::bot::{Bot, rss};

struct Pages {
    bot: Bot,
    port: u16,
}

/// Two readers, and a page where they leave.
fn pages() -> Pages {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let bot = Bot::new(&format!(
        "public_url = \"https://news.example.org/\"\n{{mail}}\n[[recipient]]\nemail = \"bob@example.org\"\n[web]\nlisten = \"127.0.0.1:{port}\"\n[[feed]]\nurl = \"feed.xml\"\n[[digest]]\nid = \"daily\"\ntitle = \"Daily\"\nat = \"07:00\"\n"
    ));
    Pages { bot, port }
}

impl Pages {
    /// Publishes an edition with one new article; says who got it.
    fn edition(&self, number: u32) -> Vec<String> {
        let before = self.bot.outbox();
        self.bot.write("feed.xml", &rss(&[(&number.to_string(), &format!("Article {number}"), "Words.")]));
        self.bot.ok(&["send"]);
        let new = self.bot.outbox().into_iter().filter(|(name, _)| !before.contains_key(name));
        let mut to: Vec<String> = new.map(|(_, mail)| mail.to).collect();
        to.sort();
        to
    }

    /// The path of the page in the header of a reader's mail.
    fn page_of(&self, address: &str) -> String {
        let files = std::fs::read_dir(self.bot.path("outbox")).unwrap().flatten();
        let mails = files.map(|f| std::fs::read(f.path()).unwrap());
        let headers: Vec<String> = mails
            .filter_map(|bytes| {
                let mail = MessageParser::default().parse(&bytes)?;
                let raw = mail.header_raw("List-Unsubscribe")?.to_owned();
                assert_eq!(mail.header_raw("List-Unsubscribe-Post")?.trim(), "List-Unsubscribe=One-Click");
                (mail.to()?.first()?.address()? == address).then_some(raw)
            })
            .collect();
        let start = "<https://news.example.org";
        let (_, rest) = headers[0].split_once(start).expect("an https address");
        assert!(rest.contains("<mailto:"), "{rest}");
        rest.split_once('>').unwrap().0.to_owned()
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: news.example.org\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

#[test]
fn a_reader_leaves_with_one_click_and_the_others_stay() {
    let pages = pages();
    assert_eq!(pages.edition(1), ["ada@example.org", "bob@example.org"]);
    let page = pages.page_of("ada@example.org");
    assert_ne!(page, pages.page_of("bob@example.org"));
    let mut daemon = pages.bot.start(&["run"]);
    let start = Instant::now();
    while TcpStream::connect(("127.0.0.1", pages.port)).is_err() {
        assert!(start.elapsed() < Duration::from_secs(20), "no pages: {}", pages.bot.log());
        std::thread::sleep(Duration::from_millis(50));
    }
    // The edition can be read as it was sent.
    let (_, mail) = pages.bot.outbox().pop_first().unwrap();
    let (_, link) = mail.text.split_once("<https://news.example.org/edition/").expect("a web edition");
    let token = link.split('>').next().unwrap();
    let edition = pages.ask("GET", &format!("/edition/{token}"), "");
    assert!(edition.starts_with("HTTP/1.1 200") && edition.contains("Article 1"), "{edition}");
    assert!(!edition.contains("ada@example.org"), "{edition}");
    assert!(pages.ask("GET", "/edition/forged", "").starts_with("HTTP/1.1 404"));
    // Programs that follow links must not unsubscribe anybody.
    let question = pages.ask("GET", &page, "");
    assert!(
        question.starts_with("HTTP/1.1 200") && question.contains("<form method=\"post\">"),
        "{question}"
    );
    for header in ["cache-control: no-store", "referrer-policy: no-referrer", "x-robots-tag: noindex"] {
        assert!(question.to_lowercase().contains(header), "{header}: {question}");
    }
    assert!(pages.ask("HEAD", &page, "").starts_with("HTTP/1.1 200"));
    assert_eq!(
        pages.bot.ok(&["recipients", "list"]).stdout,
        "ada@example.org  daily\nbob@example.org  daily\n2 recipients; mails go to 2\n"
    );
    for wrong in ["/unsubscribe/forged", &format!("/unsubscribe/{}", "x".repeat(5000))] {
        assert!(
            pages.ask("POST", wrong, "List-Unsubscribe=One-Click").starts_with("HTTP/1.1 404"),
            "{wrong}"
        );
    }
    for _ in 0..2 {
        let done = pages.ask("POST", &page, "List-Unsubscribe=One-Click");
        assert!(done.starts_with("HTTP/1.1 200") && done.contains("ada@example.org"), "{done}");
    }
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    assert!(!pages.bot.log().contains("ada@example.org"), "{}", pages.bot.log());
    assert_eq!(pages.edition(2), ["bob@example.org"]);
    assert!(pages.bot.ok(&["recipients", "list"]).stdout.starts_with("ada@example.org  has left daily"));
    pages.bot.ok(&["recipients", "resume", "ada@example.org"]);
    assert_eq!(pages.edition(3), ["ada@example.org", "bob@example.org"]);
    // The link of the first mail leads to the same subscription as that of the last.
    assert_eq!(pages.page_of("ada@example.org"), page);
}

#[test]
fn the_link_that_is_seen_leads_to_the_readers_own_page() {
    let pages = pages();
    // Whatever else the mail says.
    let config = std::fs::read_to_string(pages.bot.path("digest.toml")).unwrap();
    let footer = "[theme]\nfooter = \"Not thereadersowntokengoeshere\"\n";
    pages.bot.write("digest.toml", &format!("{config}{footer}"));
    // In plain text, in quoted-printable and in base64.
    for (number, words) in [(1, "Words."), (2, "Wörter, die länger sind."), (3, "渡轮提前一周改为冬季班次。")]
    {
        let before = pages.bot.outbox();
        pages
            .bot
            .write("feed.xml", &rss(&[(&number.to_string(), &words.repeat(40), &words.repeat(90 * number))]));
        pages.bot.ok(&["send"]);
        let own = |address: &str| {
            let header = pages.page_of(address);
            format!("https://news.example.org{}", header.replace("/unsubscribe/", "/reader/"))
        };
        for (name, mail) in pages.bot.outbox() {
            if before.contains_key(&name) {
                continue;
            }
            let html = mail.html.unwrap();
            let link = own(&mail.to);
            assert!(
                html.contains(&format!("href=\"{link}\"")) && mail.text.contains(&format!("<{link}>")),
                "{words}"
            );
            assert!(!html.contains("unsubscribe%20") && !mail.text.contains("unsubscribe%20"), "{words}");
        }
    }
}
