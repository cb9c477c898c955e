//! A real browser: Chromium, driven by its own driver.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use url::{ParseError, Url};

use crate::bot::repository;
use crate::site::free_port;

pub struct Browser {
    runtime: Runtime,
    client: Client,
    driver: Child,
    _profile: TempDir,
}

/// A command of Chromium's own protocol.
#[derive(Debug)]
struct Devtools(&'static str, Value);

impl WebDriverCompatibleCommand for Devtools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (hyper::Method, Option<String>) {
        (hyper::Method::POST, Some(json!({"cmd": self.0, "params": self.1}).to_string()))
    }
}

impl Browser {
    /// None where none is installed, which is said.
    pub fn start() -> Option<Self> {
        let port = free_port();
        let Ok(driver) = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
        else {
            eprintln!("skipped: no chromedriver is installed");
            return None;
        };
        let profile = TempDir::new().unwrap();
        let options = json!({"args": [
            "--headless", "--hide-scrollbars", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-quic",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            format!("--user-data-dir={}", profile.path().display()),
        ]});
        let mut capabilities = Capabilities::new();
        capabilities.insert("goog:chromeOptions".into(), options);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let client = runtime.block_on(async {
            for _ in 0..100 {
                let mut builder = ClientBuilder::new(HttpConnector::new());
                builder.capabilities(capabilities.clone());
                match builder.connect(&format!("http://127.0.0.1:{port}")).await {
                    Ok(client) => return client,
                    Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
                }
            }
            panic!("the browser does not start")
        });
        Some(Self { runtime, client, driver, _profile: profile })
    }

    /// A screen of this width, by day or by night.
    pub fn show(&self, width: u32, is_dark: bool) {
        let scheme = if is_dark { "dark" } else { "light" };
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false}),
        );
        self.devtools(
            "Emulation.setEmulatedMedia",
            json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]}),
        );
    }

    pub fn devtools(&self, command: &'static str, parameters: Value) -> Value {
        self.runtime.block_on(self.client.issue_cmd(Devtools(command, parameters))).unwrap()
    }

    pub fn open(&self, url: &str) {
        self.runtime.block_on(self.client.goto(url)).unwrap();
    }

    pub fn url(&self) -> String {
        self.runtime.block_on(self.client.current_url()).unwrap().to_string()
    }

    /// What a script says of the page; it may say `return`.
    pub fn eval(&self, script: &str) -> Value {
        self.runtime.block_on(self.client.execute(script, Vec::new())).unwrap()
    }

    pub fn text(&self) -> String {
        self.eval("return document.body.innerText").as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page says so: what is pressed takes a moment.
    pub fn says(&self, words: &str) {
        let start = std::time::Instant::now();
        while !self.text().contains(words) {
            assert!(start.elapsed() < Duration::from_secs(10), "{words}: {}", self.text());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Types into a field, as a person does, and sends its form.
    pub fn submit(&self, field: &str, words: &str) {
        self.runtime.block_on(async {
            let field = self.client.find(fantoccini::Locator::Css(field)).await.unwrap();
            field.send_keys(words).await.unwrap();
            field.send_keys("\u{e007}").await.unwrap();
        });
    }

    pub fn click(&self, element: &str) {
        self.runtime.block_on(async {
            self.client.find(fantoccini::Locator::Css(element)).await.unwrap().click().await.unwrap();
        });
    }

    /// What axe-core finds wrong with the page for people who cannot see or point.
    pub fn axe(&self) -> Vec<String> {
        let axe = std::fs::read_to_string(repository("tests/vendor/axe-core/axe.min.js")).unwrap();
        let run = "var done = arguments[arguments.length - 1];
            axe.run().then(r => done(r.violations.flatMap(v => v.nodes.map(n => v.id + ': ' + n.html.slice(0, 200)))), e => done([String(e)]))";
        let found =
            self.runtime.block_on(self.client.execute_async(&format!("{axe};{run}"), Vec::new())).unwrap();
        found.as_array().unwrap().iter().map(|one| one.as_str().unwrap_or_default().to_owned()).collect()
    }

    /// A picture of the whole page (PNG), for somebody to look at.
    pub fn picture(&self, file: &std::path::Path) {
        let shot = self.devtools("Page.captureScreenshot", json!({"captureBeyondViewport": true}));
        let bytes = data_encoding::BASE64.decode(shot["data"].as_str().unwrap().as_bytes()).unwrap();
        std::fs::write(file, bytes).unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.runtime.block_on(self.client.clone().close());
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
