//! Lists of readers, as other programs export them: CSV with a line of names first (listmonk, Mailchimp,
//! Substack, Buttondown and their like), or a mailbox a line. The door to csv.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{dates, decode};
use crate::model::{Address, Mailbox};
use crate::text::one_line;

/// A reader on a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub mailbox: Mailbox,
    /// Whether they have left, or may not be written to for another reason.
    pub left: bool,
    /// When they asked for it, and when they confirmed that, as far as the list says.
    pub requested: Option<DateTime<Utc>>,
    pub joined: Option<DateTime<Utc>>,
    /// The digest, by our own lists.
    pub digest: Option<String>,
    pub line: u64,
}

/// A line that is none, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BadLine {
    pub line: u64,
    pub why: String,
}

/// Columns by what programs call them, in small letters and without signs; the surest first, since an
/// address may be where somebody lives.
const ADDRESS: [&str; 6] = ["email", "emailaddress", "subscriberemail", "emailaddresses", "mail", "address"];
const NAME: [&str; 4] = ["name", "fullname", "displayname", "subscribername"];
const FIRST_NAME: [&str; 3] = ["firstname", "fname", "givenname"];
const LAST_NAME: [&str; 3] = ["lastname", "lname", "familyname"];
const STATUS: [&str; 7] =
    ["status", "subscriptionstatus", "subscribertype", "type", "emaildisabled", "optedout", "state"];
/// Those that say so by holding anything but a no: when somebody left, most often.
const LEFT_AT: [&str; 5] = ["unsubscribed", "unsubscribedat", "unsubtime", "cleantime", "unsubscribetime"];
const REQUESTED: [&str; 8] = [
    "requested",
    "optintime",
    "createdat",
    "creationdate",
    "subscribedat",
    "signupdate",
    "datesubscribed",
    "created",
];
const JOINED: [&str; 4] = ["joined", "confirmtime", "confirmedat", "confirmationdate"];
const DIGEST: [&str; 1] = ["digest"];
const NO: [&str; 3] = ["0", "false", "no"];

/// What a column of those says of who is not to be written to.
const LEFT: [&str; 22] = [
    "unsubscribed",
    "optedout",
    "unsubscribe",
    "hardbounced",
    "yes",
    "1",
    "unsub",
    "cleaned",
    "blocklisted",
    "blacklisted",
    "blocked",
    "disabled",
    "bounced",
    "complained",
    "complaint",
    "removed",
    "spammy",
    "undeliverable",
    "upstream",
    "left",
    "suspended",
    "true",
];

/// Who never confirmed, at those programs.
const UNCONFIRMED: [&str; 4] = ["unactivated", "unconfirmed", "pending", "nonsubscribed"];

fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Reads a list, whole: each of its lines is a reader or a bad line.
///
/// # Errors
/// When no column of it holds addresses.
pub fn mailing_list(bytes: &[u8]) -> Result<(Vec<Listed>, Vec<BadLine>), String> {
    // Spreadsheets write Latin-1 and UTF-16 too.
    let text = decode::to_text(bytes, None);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let bytes = text.as_bytes();
    let is_remark = |line: &&[u8]| line.starts_with(b"#") || line.trim_ascii().is_empty();
    let first = bytes.split(|byte| *byte == b'\n').find(|line| !is_remark(line)).unwrap_or_default();
    let separator = [b',', b';', b'\t']
        .into_iter()
        .max_by_key(|separator| (first.iter().filter(|byte| *byte == separator).count(), *separator == b','))
        .unwrap_or(b',');
    let mut reader =
        csv::ReaderBuilder::new().delimiter(separator).flexible(true).has_headers(false).from_reader(bytes);
    let mut columns: Option<Columns> = None;
    let (mut listed, mut bad) = (Vec::new(), Vec::new());
    let mut record = csv::ByteRecord::new();
    loop {
        let line = reader.position().line();
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(e) => {
                bad.push(BadLine { line, why: e.to_string() });
                continue;
            }
        }
        let line = record.position().map_or(line, csv::Position::line);
        let fields: Vec<String> =
            record.iter().map(|field| String::from_utf8_lossy(field).trim().to_owned()).collect();
        let is_remark = match fields.as_slice() {
            [only] => only.starts_with('#'),
            [first, ..] => columns.is_none() && first.starts_with('#') && mailbox(first).is_err(),
            [] => true,
        };
        if is_remark || fields.iter().all(String::is_empty) {
            continue;
        }
        let known = match &columns {
            Some(columns) => columns,
            None => {
                let (found, is_heading) = Columns::of(&fields)?;
                let found = columns.insert(found);
                if is_heading {
                    continue;
                }
                found
            }
        };
        match known.read(&fields, line) {
            Ok(reader) => listed.push(reader),
            Err(why) => bad.push(BadLine { line, why }),
        }
    }
    Ok((listed, bad))
}

/// Lines of a table, as CSV.
pub fn written<const N: usize>(lines: impl Iterator<Item = [String; N]>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for line in lines {
        let line = line.map(shielded);
        // Writing to memory does not fail.
        if writer.write_record(&line).is_err() {
            break;
        }
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

/// Spreadsheets take what begins so for a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// A text that no spreadsheet runs, by the sign that they themselves put before a text.
fn shielded(text: String) -> String {
    if text.starts_with(FORMULA) { format!("'{text}") } else { text }
}

fn without_shield(text: &str) -> String {
    text.strip_prefix('\'').filter(|rest| rest.starts_with(FORMULA)).unwrap_or(text).to_owned()
}

struct Columns {
    address: usize,
    name: Option<usize>,
    first_name: Option<usize>,
    last_name: Option<usize>,
    status: Vec<usize>,
    left_at: Vec<usize>,
    requested: Option<usize>,
    joined: Option<usize>,
    digest: Option<usize>,
}

impl Columns {
    /// By the first line, and whether that names them.
    fn of(fields: &[String]) -> Result<(Self, bool), String> {
        let names: Vec<String> = fields.iter().map(|name| plain(name)).collect();
        let find =
            |known: &[&str]| known.iter().find_map(|known| names.iter().position(|name| name == known));
        if let Some(address) = find(&ADDRESS) {
            let all = |known: &[&str]| -> Vec<usize> {
                let named = names.iter().enumerate().filter(|(_, name)| known.contains(&name.as_str()));
                named.map(|(i, _)| i).collect()
            };
            let columns = Self {
                address,
                name: find(&NAME),
                first_name: find(&FIRST_NAME),
                last_name: find(&LAST_NAME),
                status: all(&STATUS),
                left_at: all(&LEFT_AT),
                requested: find(&REQUESTED),
                joined: find(&JOINED),
                digest: find(&DIGEST),
            };
            return Ok((columns, true));
        }
        match fields.iter().position(|field| mailbox(field).is_ok()) {
            Some(address) => {
                let columns = Self {
                    address,
                    name: None,
                    first_name: None,
                    last_name: None,
                    status: Vec::new(),
                    left_at: Vec::new(),
                    requested: None,
                    joined: None,
                    digest: None,
                };
                Ok((columns, false))
            }
            None => Err("its first line names no column `email`, and holds no address".into()),
        }
    }

    fn read(&self, fields: &[String], line: u64) -> Result<Listed, String> {
        let field = |column: Option<usize>| {
            column.and_then(|column| fields.get(column)).map(String::as_str).filter(|text| !text.is_empty())
        };
        let Mailbox { name, address } = mailbox(field(Some(self.address)).unwrap_or_default())?;
        let whole = field(self.name).map(str::to_owned);
        let parts: Vec<&str> = [self.first_name, self.last_name].into_iter().filter_map(&field).collect();
        let parts = (!parts.is_empty()).then(|| parts.join(" "));
        if [&name, &whole, &parts].into_iter().flatten().any(|name| name.contains('\n')) {
            return Err(format!(
                "the name of {address} goes on over several lines; is a quotation mark not closed?"
            ));
        }
        let name =
            name.or(whole).or(parts).map(|name| without_shield(&name)).and_then(|name| one_line(&name, 80));
        let states = || self.status.iter().filter_map(|column| field(Some(*column))).map(plain);
        if states().any(|state| UNCONFIRMED.contains(&state.as_str())) {
            return Err(format!("{address} never confirmed"));
        }
        let mut times = self.left_at.iter().filter_map(|column| field(Some(*column))).map(plain);
        let left = states().any(|state| LEFT.contains(&state.as_str()))
            || times.any(|time| !NO.contains(&time.as_str()));
        let time = |column| field(column).and_then(|text| dates::parse(text, None));
        let requested = time(self.requested);
        Ok(Listed {
            mailbox: Mailbox { name, address },
            left,
            requested: requested.or_else(|| time(self.joined)),
            joined: time(self.joined).or(requested),
            digest: field(self.digest).map(str::to_owned),
            line,
        })
    }
}

/// `ada@example.org`, or `Ada <ada@example.org>`.
fn mailbox(text: &str) -> Result<Mailbox, String> {
    if text.is_empty() {
        return Err("there is no address in it".into());
    }
    match text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
        Some((name, address)) => {
            let name = name.trim().trim_matches('"');
            Ok(Mailbox { name: (!name.is_empty()).then(|| name.to_owned()), address: address.parse()? })
        }
        None => Ok(Mailbox { name: None, address: text.parse::<Address>()? }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_many_shapes_name_the_same_readers() {
        for list in [
            "email,name,status\nada@example.org,Ada L,enabled\nbob@example.org,,blocklisted\n",
            "\u{feff}Email Address;First Name;Last Name;Status\r\nada@example.org;Ada;L;subscribed\r\nbob@example.org;;;unsubscribed\r\n",
            "id\tE-mail\tFull name\temail_disabled\n1\tada@example.org\tAda L\tfalse\n2\tbob@example.org\t\ttrue\n",
        ] {
            let (listed, bad) = mailing_list(list.as_bytes()).unwrap();
            let seen: Vec<_> = listed
                .iter()
                .map(|l| (l.mailbox.address.as_str(), l.mailbox.name.as_deref(), l.left))
                .collect();
            assert_eq!(
                seen,
                [("ada@example.org", Some("Ada L"), false), ("bob@example.org", None, true)],
                "{list}"
            );
            assert!(bad.is_empty());
        }
        assert!(mailing_list(b"x,y\n1,2\n").is_err());
    }

    #[test]
    fn lists_of_spreadsheets_and_people_are_read_as_they_are_meant() {
        let only = |list: &[u8]| {
            let (listed, bad) = mailing_list(list).unwrap();
            assert!(listed.len() == 1 && bad.is_empty(), "{listed:?} {bad:?}");
            listed.into_iter().next().unwrap()
        };
        let latin = only(b"email;name\nada@example.org;J\xf6rg M\xfcller\n");
        assert_eq!(latin.mailbox.name.as_deref(), Some("Jörg Müller"));
        let wide: Vec<u8> = "\u{feff}Email\tName\nada@example.org\t张伟\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(only(&wide).mailbox.name.as_deref(), Some("张伟"));
        let lives = only(b"# our readers, of May\nName,Address,Email\nAda,1 Quay Street,ada@example.org\n");
        assert_eq!(lives.mailbox.address.as_str(), "ada@example.org");
        let times =
            only(b"Email,OPTIN_TIME,CONFIRM_TIME\nada@example.org,2024-05-06 07:08:09,2024-05-06 08:00:00\n");
        let time = |text: &str| Some(text.parse().unwrap());
        assert_eq!(
            (times.requested, times.joined),
            (time("2024-05-06T07:08:09Z"), time("2024-05-06T08:00:00Z"))
        );
        let written = written(
            [["email".to_owned(), "name".into()], ["a@example.org".into(), "=1+1".into()]].into_iter(),
        );
        assert_eq!(written, "email,name\na@example.org,'=1+1\n");
        assert_eq!(only(written.as_bytes()).mailbox.name.as_deref(), Some("=1+1"));
    }

    #[test]
    fn bad_lines_are_named_and_cost_nobody_else() {
        let list = "email,note\nada@example.org,\"two\nlines\"\nnobody,x\n?,\n,\nbob@example.org\n";
        let (listed, bad) = mailing_list(list.as_bytes()).unwrap();
        assert_eq!(listed.len(), 2);
        assert_eq!(bad.iter().map(|bad| bad.line).collect::<Vec<_>>(), [4, 5]);
        assert!(bad[0].why.starts_with("`nobody` is not a mail address"), "{}", bad[0].why);
    }
}
