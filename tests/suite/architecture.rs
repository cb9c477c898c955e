//! What `src/lib.rs` says of the structure, held against the imports.

use std::fs;
use std::path::{Path, PathBuf};

use crate::bot::repository;

/// Modules that `app` passes values between.
const STAGES: [&str; 15] = [
    "archive", "article", "compose", "deliver", "editor", "epub", "fetch", "identity", "outbox", "parse",
    "picture", "render", "schedule", "store", "story",
];

/// Each third-party world, and where its name may stand.
const DOORS: [(&str, &str); 19] = [
    ("text2num", "editor/numbers/words.rs"),
    ("chinese_number", "editor/numbers/han.rs"),
    ("feed_rs", "parse/"),
    ("reqwest", "fetch/"),
    ("rusqlite", "store/"),
    ("lettre", "deliver/"),
    ("axum", "web/"),
    ("tower_http", "web/"),
    ("csv", "parse/mailing_list.rs"),
    ("zip", "epub.rs"),
    ("governor", "web/limits.rs"),
    ("ferrous_opencc", "text/han.rs"),
    ("hyper", "web/"),
    ("tokio_cron_scheduler", "schedule/heartbeat.rs"),
    ("clap", "cli/"),
    ("toml", "config/document.rs"),
    ("sd_notify", "systemd.rs"),
    ("hickory_resolver", "deliver/dns.rs"),
    ("toml_edit", "config/edit.rs"),
];

/// Modules that are only there for tests.
const TESTS: [&str; 2] = ["article/properties.rs", "story/labelled.rs"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for file in fs::read_dir(folder).unwrap().flatten() {
        let path = file.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Each source file by its path below `src`, without comments.
fn code() -> Vec<(String, String)> {
    let root = repository("src");
    let mut found = Vec::new();
    sources(&root, &mut found);
    let read = |path: PathBuf| {
        let name = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(path).unwrap();
        let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        (name, code.join("\n"))
    };
    found.into_iter().map(read).filter(|(name, _)| !TESTS.contains(&name.as_str())).collect()
}

/// The modules of ours that a file names.
fn ours(code: &str) -> Vec<&str> {
    code.split("crate::")
        .skip(1)
        .flat_map(|rest| match rest.strip_prefix('{') {
            Some(list) => {
                let list = list.split("};").next().unwrap_or_default();
                list.split([',', '\n']).map(str::trim).collect()
            }
            None => vec![rest],
        })
        .map(|name| name.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default())
        .filter(|name| !name.is_empty())
        .collect()
}

/// What every stage may use.
fn is_common(module: &str) -> bool {
    matches!(module, "model" | "text" | "process" | "files")
}

#[test]
fn imports_go_in_the_direction_that_the_crates_page_says() {
    let mut wrong = Vec::new();
    for (file, code) in code() {
        let own = file.split(['/', '.']).next().unwrap_or_default();
        for module in ours(&code) {
            let allowed = match own {
                "app" => module != "cli",
                "cli" | "main" | "lib" => true,
                "model" | "text" | "process" | "files" => matches!(module, "model" | "text"),
                "config" => STAGES.contains(&module) || is_common(module) || module == "config",
                "web" | "systemd" => is_common(module) || module == own,
                own if STAGES.contains(&own) => is_common(module) || module == own,
                _ => false,
            };
            if !allowed {
                wrong.push(format!("{file} imports {module}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_third_party_world_has_one_door() {
    let mut wrong = Vec::new();
    for (file, code) in code() {
        for (world, door) in DOORS {
            let named = code.match_indices(&format!("{world}::")).any(|(at, _)| {
                !code.split_at(at).0.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
            });
            if named && !file.starts_with(door) {
                wrong.push(format!("{file} names {world}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
