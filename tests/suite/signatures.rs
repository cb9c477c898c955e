//! DKIM signatures, verified by somebody else's program. Skipped, and said so, where dkimpy
//! is not installed.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::bot::{Bot, rss};
use crate::smtp_server::SmtpServer;

/// Verifies every signature of the mail on its input against the records it is given as
/// `name=value`, and says what each covers.
const VERIFIER: &str = r#"
import dkim, sys
records = dict(a.split('=', 1) for a in sys.argv[1:])
mail = sys.stdin.buffer.read()
find = lambda name, timeout=5: records.get(name.decode().rstrip('.'), '').encode()
count = mail.split(b'\r\n\r\n')[0].count(b'DKIM-Signature:')
for n in range(count):
    d = dkim.DKIM(mail)
    good = d.verify(idx=n, dnsfunc=find)
    print('good' if good else 'bad', d.signature_fields[b'a'].decode(), sorted(set(h.decode().lower() for h in d.signature_fields[b'h'].split(b':') for h in [h.strip()])))
"#;

/// A Python that has what it takes, which need not be the first on the path.
fn python() -> Option<&'static str> {
    let has = |python: &&str| {
        Command::new(python).args(["-c", "import dkim, nacl"]).output().is_ok_and(|o| o.status.success())
    };
    let found = ["python3", "/usr/bin/python3"].into_iter().find(|python| has(python));
    if found.is_none() {
        eprintln!("skipped: no python3 has dkim and nacl");
    }
    found
}

/// What the verifier says of a mail.
fn verify(python: &str, mail: &[u8], records: &[(String, String)]) -> String {
    let records = records.iter().map(|(name, value)| format!("{name}={value}"));
    let mut verifier = Command::new(python)
        .args(["-c", VERIFIER])
        .args(records)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    verifier.stdin.take().unwrap().write_all(mail).unwrap();
    String::from_utf8(verifier.wait_with_output().unwrap().stdout).unwrap()
}

/// `name. IN TXT ( "part" "part" )`
fn record(line: &str) -> (String, String) {
    let (name, rest) = line.split_once(". IN TXT ").unwrap();
    (name.to_owned(), rest.split('"').skip(1).step_by(2).collect())
}

#[test]
fn both_signatures_verify_whatever_the_mail_holds() {
    let Some(python) = python() else { return };
    let server = SmtpServer::start();
    let config = |keys: &str| {
        format!(
            "public_url = \"https://news.example.org\"\n[web]\nlisten = \"127.0.0.1:8480\"\n[mail]\nfrom = \"每日, 要闻 <news@example.org>\"\nreply_to = \"me@example.org\"\n[[digest]]\nid = \"daily\"\ntitle = \"{}\"\n[[feed]]\nurl = \"feed.xml\"\n[[recipient]]\nname = \"阿达\"\nemail = \"ada@example.org\"\n[[recipient]]\nemail = \"bob@example.org\"\nformat = \"text\"\n{keys}{}",
            "每日要闻的一个很长的标题".repeat(8),
            server.config()
        )
    };
    let bot = Bot::new(&config(""));
    let rsa = bot.ok(&["dkim", "generate"]).stdout;
    assert!(rsa.contains("key_file = \"dkim-tidings.pem\""), "{rsa}");
    bot.ok(&["dkim", "generate", "--algorithm", "ed25519"]);
    let again = bot.run(&["dkim", "generate"]);
    assert_eq!(again.code, 1, "a key in use is not overwritten");
    let keys = "[[dkim]]\nselector = \"tidings\"\nkey_file = \"dkim-tidings.pem\"\n[[dkim]]\nselector = \"tidings-ed25519\"\nkey_file = \"dkim-tidings-ed25519.pem\"\n";
    bot.write("digest.toml", &config(keys));
    let records: Vec<_> = bot.ok(&["dkim", "records"]).stdout.lines().map(record).collect();
    let title = "渡轮提前一周改为冬季班次 ".repeat(30);
    let body = "A line that ends in spaces   <br>.<br>过去七个早晨有四个因大雾停航。".repeat(50);
    bot.write("feed.xml", &rss(&[("1", &title, &body.replace('<', "&lt;"))]));
    bot.ok(&["send"]);
    let mails = server.raw();
    assert_eq!(mails.len(), 2);
    for mail in &mails {
        let said = verify(python, mail, &records);
        let lines: Vec<_> = said.lines().collect();
        assert_eq!(lines.len(), 2, "{said}");
        assert!(
            lines[0].starts_with("good rsa-sha256") && lines[1].starts_with("good ed25519-sha256"),
            "{said}"
        );
        for field in ["content-type", "list-unsubscribe", "list-unsubscribe-post", "reply-to", "message-id"] {
            assert!(lines.iter().all(|l| l.contains(&format!("'{field}'"))), "{field}: {said}");
        }
        // Nobody can add a field that mail programs show.
        let forged = [b"Subject: forged\r\n".as_slice(), mail].concat();
        assert!(!verify(python, &forged, &records).contains("good"));
    }
}

#[test]
fn a_key_that_is_not_there_is_named_before_anything_leaves() {
    let server = SmtpServer::start();
    let bot = Bot::new(&format!(
        "{{mail}}\n[[feed]]\nurl = \"feed.xml\"\n[[dkim]]\nselector = \"s\"\nkey_file = \"gone.pem\"\n{}",
        server.config()
    ));
    bot.write("feed.xml", &rss(&[("1", "One", "First.")]));
    let ran = bot.run(&["send"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("error: digest.toml:11: cannot read the DKIM key gone.pem"),
        "{}",
        ran.stderr
    );
    assert!(server.accepted().is_empty());
    let ran = bot.run(&["check"]);
    assert_eq!(ran.stdout.matches("cannot read the DKIM key").count(), 1, "{}", ran.stdout);
}
