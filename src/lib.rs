//! tidings sends people their daily news by email.
//!
//! ```text
//! main -> cli -> app -> { config schedule fetch parse identity article story store
//!                         editor compose render outbox deliver archive web } -> { text process files model }
//! ```
//!
//! The path of one entry:
//!
//! 1. **collect** ([`app::collect`]): the feeds whose time has come are fetched ([`fetch`]),
//!    parsed ([`parse`]), recognised if they were met before ([`identity`]), and stored as they
//!    are ([`store`]).
//! 2. **publish** ([`app::publish`]): the entries that no edition of a digest has carried
//!    become articles ([`article`]), the articles stories ([`story`]), the stories an edition
//!    ([`compose`]), into which a language model may have written ([`editor`]), and that a mail
//!    ([`render`]); [`app::draft`] goes through these stages. One transaction writes the edition, which entries went into it, and a delivery for each recipient.
//! 3. **dispatch** ([`app::dispatch`]): each delivery is claimed, sent ([`deliver`]), and
//!    settled or put off ([`outbox`]).
//!
//! The daemon ([`app::serve`]) does these three when a [`schedule`] says so, tells its owner what
//! is wrong ([`app::alerts`]) and clears away what is old ([`app::retention`]). What comes back from
//! the mailboxes is taken in by [`app::inbound`]. The daemon also serves pages ([`web`]): the editions and
//! their archive, and those where readers join, leave and say what they want.
//!
//! Stages do not import each other; `app` passes values between them. [`text`], [`process`],
//! [`files`] and [`model`] import nothing of ours but each other. A stage owns the type of its own settings, which
//! [`config`] fills in, and never sees the whole configuration. Each third-party world has one
//! door: feed-rs in `parse`, reqwest in `fetch`, rusqlite in `store`, lettre in `deliver`, maud in
//! the crate `tidings-templates`, axum in `web`, tokio-cron-scheduler in `schedule::heartbeat`, clap
//! in `cli`, zip in `epub`, toml in `config::document`, systemd's notify protocol in `systemd`. Time is always an
//! argument. A test holds all of this.

pub mod app;
pub mod archive;
pub mod article;
pub mod cli;
pub mod compose;
pub mod config;
pub mod deliver;
pub mod editor;
pub mod epub;
pub mod fetch;
pub mod files;
pub mod identity;
pub mod model;
pub mod outbox;
pub mod parse;
pub mod picture;
pub mod process;
pub mod render;
pub mod schedule;
pub mod store;
pub mod story;
mod systemd;
pub mod text;
pub mod web;
