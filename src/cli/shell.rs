//! `tidings completions`, `tidings man` and `tidings schema`: what a shell, `man` and an editor want to know.

use clap::{Command, CommandFactory};

use super::{Arguments as All, Ending, print, print_json};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// bash, elvish, fish, powershell or zsh
    shell: clap_complete::Shell,
}

pub(super) fn completions(arguments: &Arguments) -> anyhow::Result<Ending> {
    let mut out = Vec::new();
    clap_complete::generate(arguments.shell, &mut All::command(), "tidings", &mut out);
    print(&String::from_utf8_lossy(&out))?;
    Ok(Ending::Done)
}

/// The JSON Schema of the configuration.
pub(super) fn schema() -> anyhow::Result<Ending> {
    print_json(&crate::config::schema())?;
    Ok(Ending::Done)
}

/// All commands on one page.
pub(super) fn man() -> anyhow::Result<Ending> {
    let mut command = All::command();
    command.build();
    let mut out = Vec::new();
    let page = clap_mangen::Man::new(command.clone());
    page.render(&mut out)?;
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        section(sub, &mut out)?;
    }
    print(&String::from_utf8_lossy(&out))?;
    Ok(Ending::Done)
}

fn section(command: &Command, out: &mut Vec<u8>) -> anyhow::Result<()> {
    let name = command.get_bin_name().unwrap_or(command.get_name()).to_uppercase();
    out.extend_from_slice(format!(".SH \"{name}\"\n").as_bytes());
    let page = clap_mangen::Man::new(command.clone());
    page.render_description_section(out)?;
    page.render_options_section(out)?;
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        section(sub, out)?;
    }
    Ok(())
}
