//! What README and docs show, tried: every block of TOML is a configuration that works, every command is one
//! that there is.

use std::collections::BTreeSet;
use std::fs;

use crate::bot::{Bot, repository, rss};

pub fn pages() -> Vec<(String, String)> {
    let mut pages = vec![("README.md".to_owned(), fs::read_to_string(repository("README.md")).unwrap())];
    for file in fs::read_dir(repository("docs")).unwrap().flatten() {
        let name = file.file_name().to_string_lossy().into_owned();
        if name.ends_with(".md") {
            pages.push((name, fs::read_to_string(file.path()).unwrap()));
        }
    }
    pages
}

/// The blocks of a language, without the indent of the list that they stand in.
pub fn blocks(page: &str, language: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut block: Option<(usize, String)> = None;
    for line in page.lines() {
        let fence = line.trim_start();
        let indent = line.len() - fence.len();
        match &mut block {
            None if fence == format!("```{language}") => block = Some((indent, String::new())),
            Some(_) if fence == "```" => found.extend(block.take().map(|(_, text)| text)),
            Some((indent, text)) => {
                text.push_str(line.get(*indent..).unwrap_or_default());
                text.push('\n');
            }
            None => {}
        }
    }
    found
}

#[test]
fn every_block_of_toml_is_a_configuration_that_works() {
    let mut tried = 0;
    for (name, page) in pages() {
        for block in blocks(&page, "toml") {
            let mut config = block.clone();
            for (needed, table) in [
                ("[mail]", "[mail]\nfrom = \"news@example.org\"\n"),
                ("[[feed]]", "[[feed]]\nurl = \"feed.xml\"\nsection = \"Science\"\n"),
                ("[[recipient]]", "[[recipient]]\nemail = \"team@example.org\"\n"),
            ] {
                if !config.lines().any(|line| line == needed) {
                    config.push_str(table);
                }
            }
            if config.contains("section:Science") && !config.contains("section = \"Science\"") {
                config.push_str("[[feed]]\nurl = \"science.xml\"\nsection = \"Science\"\n");
            }
            let bot = Bot::new("");
            bot.write("feed.xml", &rss(&[]));
            bot.write("readers.txt", "Ada <ada@example.org>\n");
            bot.write("smtp.password", "s3cret");
            image::RgbImage::new(200, 60).save(bot.path("valley.png")).unwrap();
            bot.write("digest.toml", "[mail]\nfrom = \"news@example.org\"\n[[feed]]\nurl = \"feed.xml\"\n[[recipient]]\nemail = \"a@example.org\"\n");
            bot.ok(&["dkim", "generate", "--algorithm", "ed25519", "--out", "dkim-tidings.pem"]);
            bot.write("digest.toml", &config);
            let ran = bot.run_with(&["check", "--offline"], &[("SMTP_PASSWORD", "s3cret")]);
            assert_eq!(ran.code, 0, "{name}:\n{block}\n{}{}", ran.stdout, ran.stderr);
            tried += 1;
        }
    }
    assert!(tried >= 12, "{tried}");
}

#[test]
fn every_command_that_is_named_is_one_that_there_is() {
    let bot = Bot::new("");
    let mut named = BTreeSet::new();
    for (_, page) in pages() {
        let written = page.split("`tidings ").skip(1).map(|rest| rest.split('`').next().unwrap_or_default());
        let lines = page.lines().filter_map(|line| line.trim_start().strip_prefix("tidings "));
        for command in written.chain(lines) {
            let words: Vec<&str> = command.split_whitespace().collect();
            let first = words.iter().find(|word| !word.starts_with('-')).copied().unwrap_or_default();
            // `outbox list\|retry NAME`: each is a command.
            let after = command.split_once(first).map_or("", |(_, after)| after);
            let seconds: Vec<&str> =
                after.split("\\|").map(|part| part.split_whitespace().next().unwrap_or_default()).collect();
            let mut help = bot.run(&[first, "--help"]).stdout;
            for second in &seconds {
                help.push_str(&bot.run(&[first, second, "--help"]).stdout);
                named.insert((first.to_owned(), (*second).to_owned()));
            }
            for option in words.iter().filter_map(|word| word.trim_start_matches('[').strip_prefix("--")) {
                let option = option.trim_end_matches([']', ',', '.']);
                assert!(help.contains(&format!("--{option}")), "`tidings {command}`: no --{option}");
            }
        }
    }
    assert!(named.len() > 25, "{named:?}");
    let groups = ["outbox", "editions", "recipients", "dkim", "feeds", "opml"];
    for (first, second) in &named {
        let ran = bot.run(&[first, "--help"]);
        assert_eq!(ran.code, 0, "there is no `tidings {first}`: {}", ran.stderr);
        if groups.contains(&first.as_str())
            && second.chars().all(|c| c.is_ascii_lowercase())
            && !second.is_empty()
        {
            assert!(ran.stdout.contains(&format!("  {second} ")), "there is no `tidings {first} {second}`");
        }
    }
}

/// The same keys, all the way down; of a list, those of its first item.
fn has_shape(shown: &serde_json::Value, printed: &serde_json::Value, at: &str) {
    match (shown, printed) {
        (serde_json::Value::Object(shown), serde_json::Value::Object(printed)) => {
            let keys = |object: &serde_json::Map<String, serde_json::Value>| {
                object.keys().cloned().collect::<BTreeSet<_>>()
            };
            assert_eq!(keys(shown), keys(printed), "{at}");
            for (key, value) in shown {
                has_shape(value, &printed[key], &format!("{at}.{key}"));
            }
        }
        (serde_json::Value::Array(shown), serde_json::Value::Array(printed)) => {
            assert_eq!(shown.is_empty(), printed.is_empty(), "{at}");
            for (shown, printed) in shown.iter().zip(printed).take(1) {
                has_shape(shown, printed, &format!("{at}[0]"));
            }
        }
        _ => assert_eq!(std::mem::discriminant(shown), std::mem::discriminant(printed), "{at}"),
    }
}

#[test]
fn json_has_the_shapes_that_its_page_shows() {
    let page = fs::read_to_string(repository("docs/json.md")).unwrap();
    let commands: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let shapes = blocks(&page, "json");
    assert_eq!((commands.len(), shapes.len()), (9, 9));
    let bot = Bot::new(
        r#"timezone = "UTC"
        [mail]
        from = "news@example.org"
        [[recipient]]
        email = "Ada <ada@example.org>"
        [[feed]]
        id = "courier"
        name = "The Courier"
        section = "World"
        url = "feed.xml"
        [[digest]]
        id = "daily"
        at = "07:00""#,
    );
    bot.write("feed.xml", &rss(&[("1", "One", "First.")]));
    for (command, shape) in commands.iter().zip(shapes) {
        let now: &[&str] = match *command {
            "collect" => &["--now", "2026-11-22T06:00:00Z"],
            "send" => &["--now", "2026-11-22T07:00:00Z"],
            "status" => &["--now", "2026-11-22T08:00:00Z"],
            "schedule" => &["--from", "2026-11-22T08:00:00Z", "--count", "1"],
            _ => &[],
        };
        let arguments: Vec<&str> =
            ["--json"].into_iter().chain(command.split(' ')).chain(now.iter().copied()).collect();
        let printed = serde_json::from_str(&bot.ok(&arguments).stdout).unwrap();
        has_shape(&serde_json::from_str(&shape).unwrap(), &printed, command);
    }
}

/// What of JSON Schema (draft 2020-12) our schema uses.
fn is_valid(schema: &serde_json::Value, value: &serde_json::Value) -> bool {
    use serde_json::Value;
    let Some(schema) = schema.as_object() else { return schema != &Value::Bool(false) };
    let is_of = |kind: &str| match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        other => panic!("{other}"),
    };
    schema.iter().all(|(keyword, wanted)| match keyword.as_str() {
        "type" => is_of(wanted.as_str().unwrap()),
        "enum" => wanted.as_array().unwrap().contains(value),
        "minimum" => value.as_i64().is_none_or(|n| n >= wanted.as_i64().unwrap()),
        "maximum" => value.as_i64().is_none_or(|n| n <= wanted.as_i64().unwrap()),
        "anyOf" => wanted.as_array().unwrap().iter().any(|one| is_valid(one, value)),
        "items" => value.as_array().is_none_or(|items| items.iter().all(|item| is_valid(wanted, item))),
        "required" => value.as_object().is_none_or(|object| {
            wanted.as_array().unwrap().iter().all(|key| object.contains_key(key.as_str().unwrap()))
        }),
        "properties" => value.as_object().is_none_or(|object| {
            object.iter().all(|(key, value)| wanted.get(key).is_none_or(|schema| is_valid(schema, value)))
        }),
        "additionalProperties" => value.as_object().is_none_or(|object| {
            let known = schema.get("properties").and_then(Value::as_object);
            object.iter().all(|(key, value)| {
                known.is_some_and(|known| known.contains_key(key)) || is_valid(wanted, value)
            })
        }),
        "$schema" | "title" | "examples" => true,
        other => panic!("the schema uses {other}, which this does not know"),
    })
}

#[test]
fn the_schema_takes_what_the_program_takes_and_refuses_the_mistakes_it_can_see() {
    let schema: serde_json::Value = serde_json::from_str(&Bot::new("").ok(&["schema"]).stdout).unwrap();
    let read = |text: &str| serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap();
    let reference = fs::read_to_string(repository("digest.toml")).unwrap();
    assert!(is_valid(&schema, &read(&reference)));
    for (name, page) in pages() {
        for block in blocks(&page, "toml") {
            assert!(is_valid(&schema, &read(&block)), "{name}: {block}");
        }
    }
    // The rest is about meanings: times, addresses, names.
    for name in [
        "keys-in-the-wrong-table",
        "mistyped-keys",
        "numbers-and-flags-in-quotes",
        "passwords",
        "smtp",
        "theme",
        "unknown-keys",
        "wrong-types",
    ] {
        let text = fs::read_to_string(repository(&format!("tests/fixtures/bad-configs/{name}/digest.toml")))
            .unwrap();
        assert!(!is_valid(&schema, &read(&text)), "{name}");
    }
}

/// What `digest.toml` says of a key behind its value, by table and key.
fn remarks(reference: &str) -> std::collections::BTreeMap<(String, String), String> {
    let mut table = String::new();
    let mut found = std::collections::BTreeMap::new();
    for line in reference.lines() {
        let line = line.trim_start_matches("# ");
        if line.starts_with('[') {
            table = line.split(']').next().unwrap_or_default().trim_matches('[').to_owned();
        } else if let Some((key, rest)) = line.split_once(" = ")
            && key.chars().all(|c| c.is_ascii_lowercase() || c == '_')
            && let Some((_, remark)) = rest.split_once(" # ").or_else(|| rest.split_once("  # "))
        {
            found.entry((table.clone(), key.to_owned())).or_insert_with(|| remark.trim().to_owned());
        }
    }
    found
}

fn taken(schema: &serde_json::Value) -> String {
    let code = |value: &serde_json::Value| format!("`{value}`");
    if let Some(words) = schema.get("enum").and_then(|words| words.as_array()) {
        return words.iter().map(code).collect::<Vec<_>>().join(", ");
    }
    let example = schema
        .get("examples")
        .map(|examples| format!(", such as {}", code(&examples[0])))
        .unwrap_or_default();
    match schema.get("type").and_then(|kind| kind.as_str()) {
        Some("integer") => format!("a number from {} to {}", schema["minimum"], schema["maximum"]),
        Some("boolean") => "`true` or `false`".into(),
        Some("object") => "a table of strings".into(),
        Some(_) => format!("a string{example}"),
        None => "a string, or an array of strings".into(),
    }
}

#[test]
fn the_page_of_all_keys_is_what_the_program_reads() {
    let schema: serde_json::Value = serde_json::from_str(&Bot::new("").ok(&["schema"]).stdout).unwrap();
    let remarks = remarks(&fs::read_to_string(repository("digest.toml")).unwrap());
    let mut page = String::from(
        "# Every key of digest.toml\n\nMade of what the program asks for; the remarks are those of the [`digest.toml`](../digest.toml) of this repository, which\nshows every default. `tidings check` names what is wrong with yours.\n",
    );
    let mut section = |title: &str, table: &str, object: &serde_json::Value| {
        page.push_str(&format!("\n## {title}\n\n| key | takes | |\n|---|---|---|\n"));
        let needed = object.get("required").and_then(|needed| needed.as_array()).cloned().unwrap_or_default();
        for (key, value) in object["properties"].as_object().unwrap() {
            let is_table = value.get("properties").is_some() || value.get("items").is_some();
            if is_table || value == &serde_json::Value::Bool(false) {
                continue;
            }
            let remark = remarks.get(&(table.to_owned(), key.clone())).cloned().unwrap_or_default();
            let must = if needed.contains(&serde_json::Value::String(key.clone())) { "needed. " } else { "" };
            page.push_str(&format!(
                "| `{key}` | {} | {must}{} |\n",
                taken(value),
                remark.replace('|', "\\|")
            ));
        }
    };
    section("Above the first table", "", &schema);
    for (table, value) in schema["properties"].as_object().unwrap() {
        match value.get("items") {
            Some(item) => section(&format!("`[[{table}]]`"), table, item),
            None if value.get("properties").is_some() => section(&format!("`[{table}]`"), table, value),
            None => {}
        }
    }
    expect_test::expect_file![repository("docs/configuration.md")].assert_eq(&page);
}
