//! Against a real Postfix, in a folder of its own. Skipped, and said so, where none is
//! installed or the tests do not run as root, without whom Postfix does not start.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::bot::{Bot, Mail, rss};

/// Debian's user `mail`.
const MAIL: u32 = 8;

/// A Postfix that delivers everything for example.org into one Maildir.
struct Postfix {
    folder: TempDir,
    port: u16,
}

impl Postfix {
    /// None when there cannot be one here.
    fn start() -> Option<Self> {
        let dist = Path::new("/usr/share/postfix/master.cf.dist");
        let root = Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout == b"0\n");
        if !root || !dist.exists() || !Path::new("/usr/sbin/postfix").exists() {
            eprintln!("skipped: no postfix is installed, or this is not root");
            return None;
        }
        let folder = TempDir::new().expect("a temporary folder");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let postfix = Self { folder, port };
        let dir = postfix.folder.path();
        fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).unwrap();
        for name in ["conf", "queue", "data", "mail"] {
            fs::create_dir(dir.join(name)).unwrap();
        }
        chown(dir.join("mail"), Some(MAIL), Some(MAIL)).unwrap();
        Command::new("chown").arg("postfix").arg(dir.join("data")).status().unwrap();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        fs::write(dir.join("cert.pem"), made.cert.pem()).unwrap();
        fs::write(dir.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        let at = dir.display();
        let main = format!(
            "compatibility_level = 3.6\nqueue_directory = {at}/queue\ndata_directory = {at}/data\n\
             maillog_file = {at}/log\nmaillog_file_prefixes = {at}\nmyhostname = mail.example.org\n\
             mydestination =\nmynetworks = 127.0.0.0/8\ninet_interfaces = 127.0.0.1\n\
             inet_protocols = ipv4\nalias_maps =\nalias_database =\nvirtual_mailbox_domains = example.org\n\
             virtual_mailbox_base = {at}/mail\nvirtual_mailbox_maps = static:inbox/\n\
             virtual_minimum_uid = 1\nvirtual_uid_maps = static:{MAIL}\nvirtual_gid_maps = static:{MAIL}\n\
             default_transport = error:nothing leaves this machine\nsmtp_dns_support_level = disabled\n\
             smtpd_tls_security_level = may\nsmtpd_tls_cert_file = {at}/cert.pem\n\
             smtpd_tls_key_file = {at}/key.pem\nsmtpd_tls_session_cache_database =\n"
        );
        fs::write(dir.join("conf/main.cf"), main).unwrap();
        let master: String = fs::read_to_string(dist)
            .unwrap()
            .lines()
            .map(|line| {
                let fields: Vec<_> = line.split_whitespace().collect();
                match fields.as_slice() {
                    ["smtp", "inet", ..] => format!("127.0.0.1:{port} inet n - n - - smtpd\n"),
                    // Nothing runs in a chroot that nobody has filled.
                    [name, kind, private, unprivileged, "y", rest @ ..] => {
                        format!("{name} {kind} {private} {unprivileged} n {}\n", rest.join(" "))
                    }
                    _ => format!("{line}\n"),
                }
            })
            .collect();
        fs::write(dir.join("conf/master.cf"), master).unwrap();
        let started = postfix.command("start");
        assert!(started, "postfix does not start: {}", postfix.log());
        let start = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(20), "postfix does not listen: {}", postfix.log());
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(postfix)
    }

    fn command(&self, what: &str) -> bool {
        let mut command = Command::new("/usr/sbin/postfix");
        command.arg("-c").arg(self.folder.path().join("conf")).arg(what);
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn certificate(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    /// The mails delivered, once there are so many.
    fn inbox(&self, count: usize) -> Vec<Mail> {
        let start = Instant::now();
        loop {
            let files: Vec<_> = fs::read_dir(self.folder.path().join("mail/inbox/new"))
                .map(|files| files.flatten().map(|f| f.path()).collect())
                .unwrap_or_default();
            if files.len() >= count {
                return files.iter().map(|f| Mail::read(&fs::read(f).unwrap())).collect();
            }
            assert!(start.elapsed() < Duration::from_secs(20), "{} of {count}: {}", files.len(), self.log());
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        self.command("stop");
    }
}

#[test]
fn postfix_takes_and_delivers_the_mail_as_it_is() {
    let Some(postfix) = Postfix::start() else { return };
    let bot = Bot::new(&format!(
        "{{mail}}\n[[recipient]]\nemail = \"bob@example.org\"\n[[feed]]\nurl = \"feed.xml\"\n\
         [smtp]\nhost = \"localhost\"\nport = {}\nca_file = \"{}\"\n",
        postfix.port,
        postfix.certificate().display()
    ));
    let body = "过去七个早晨有四个因大雾停航。".repeat(40);
    bot.write("feed.xml", &rss(&[("1", "渡轮提前一周改为冬季班次", &body)]));
    let ran = bot.ok(&["send"]);
    assert!(ran.stdout.contains("delivered to bob@example.org: 250 2.0.0 Ok: queued as"), "{}", ran.stdout);
    let mails = postfix.inbox(2);
    for mail in mails {
        assert!(mail.text.contains("渡轮提前一周改为冬季班次"), "{}", mail.text);
        assert!(mail.html.expect("an HTML part").contains("过去七个早晨有四个因大雾停航。"));
    }
    assert!(postfix.log().contains("client=localhost"), "{}", postfix.log());
}
