//! Every kind of feed that people publish: `fixtures/feeds/<topic>/NAME.*` beside what
//! `tidings parse` must make of it, `NAME.expected.json`. `NAME.http.json` holds the address
//! and content type a document came with, where they matter.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::bot::{Bot, repository};

fn json(path: &Path) -> Option<Value> {
    Some(serde_json::from_slice(&fs::read(path).ok()?).expect("valid JSON"))
}

/// The first difference, with where it is.
fn difference(at: &str, wanted: &Value, got: &Value) -> Option<String> {
    match (wanted, got) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: Vec<_> = a.keys().chain(b.keys()).collect();
            keys.into_iter().find_map(|k| {
                difference(
                    &format!("{at}.{k}"),
                    a.get(k).unwrap_or(&Value::Null),
                    b.get(k).unwrap_or(&Value::Null),
                )
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(i, (a, b))| difference(&format!("{at}[{i}]"), a, b))
        }
        _ if wanted == got => None,
        _ => Some(format!("{at}\n    wanted {wanted}\n    got    {got}")),
    }
}

#[test]
fn every_feed_is_read_as_its_reader_would() {
    let bot = Bot::new("");
    let (mut read, mut wrong) = (0, Vec::new());
    for topic in [
        "encodings",
        "broken",
        "formats",
        "references",
        "read-but-not-used",
        "text-and-html",
        "pictures-and-rights",
        "zones-and-dates",
    ] {
        for file in fs::read_dir(repository("tests/fixtures/feeds").join(topic)).unwrap().flatten() {
            let path = file.path();
            let name = file.file_name().to_string_lossy().into_owned();
            if name.matches('.').count() != 1 {
                continue;
            }
            let expected = json(&path.with_extension("expected.json")).expect("an expectation");
            let http = json(&path.with_extension("http.json")).unwrap_or_default();
            let file = path.to_string_lossy();
            let mut arguments = vec!["parse", &*file];
            for (option, key) in [("--url", "url"), ("--content-type", "content_type")] {
                if let Some(value) = http[key].as_str() {
                    arguments.extend([option, value]);
                }
            }
            let ran = bot.run(&arguments);
            read += 1;
            if expected["error"] == true {
                if ran.code != 1 || !ran.stdout.is_empty() || ran.stderr.lines().count() != 1 {
                    wrong.push(format!("{topic}/{name}: no error: {}", ran.stderr));
                }
            } else if ran.code != 0 {
                wrong.push(format!("{topic}/{name}: {}", ran.stderr));
            } else if let Some(how) = difference("", &expected, &serde_json::from_str(&ran.stdout).unwrap()) {
                wrong.push(format!("{topic}/{name}: {how}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {read}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(read > 200, "{read}");
}
