//! Running a command of the owner's: with a deadline, a bound on what it prints, and a process
//! group of its own, so that whatever it started ends with it.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

/// For what a command that has ended has still to say: a child that it left behind may hold the
/// line for ever.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Flag for opening files that may turn out to be a pipe: without it, opening one waits for a
/// writer.
pub const NONBLOCK: i32 = rustix::fs::OFlags::NONBLOCK.bits() as i32;

/// Has this thread, and those that it begins, give way to the others where there is not enough for all.
/// Where a system knows only whole processes, nothing changes.
pub fn lower_priority() {
    if cfg!(target_os = "linux")
        && let Err(e) = rustix::process::setpriority_process(None, 10)
    {
        tracing::debug!("cannot lower the priority of a thread: {e}");
    }
}

/// What to run, by the shell.
pub struct Script<'a> {
    /// What `sh -c` reads; the owner's words.
    pub text: &'a str,
    /// `$1` and so on: never read by the shell.
    pub arguments: &'a [&'a str],
    /// Where it runs; here when absent.
    pub folder: Option<&'a Path>,
    /// What it reads.
    pub input: Vec<u8>,
    /// Variables of ours that it does not see.
    pub hidden: &'a [String],
    /// Longer than this, and it is killed.
    pub time: Duration,
    /// Of what it prints, on either line.
    pub most_bytes: u64,
    /// Whether what it leaves in the background goes on.
    pub leaves_children: bool,
}

/// What a command that ended came to.
pub struct Ran {
    /// How it ended.
    pub status: ExitStatus,
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it said besides.
    pub stderr: Vec<u8>,
}

/// Why there is nothing to show for a command.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// There is no shell, or no room for another process.
    #[error("cannot run it: {0}")]
    Start(std::io::Error),
    /// It was killed.
    #[error("it took longer than {} s", .0.as_secs_f32())]
    TooLong(Duration),
    /// It was killed.
    #[error("it prints more than {0} bytes")]
    TooMuch(u64),
}

/// Runs a command to its end.
///
/// # Errors
/// When it does not start, or had to be killed.
pub async fn run(script: Script<'_>) -> Result<Ran, Failed> {
    let mut command = Command::new("sh");
    command
        .args(["-c", script.text, "sh"])
        .args(script.arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    if let Some(folder) = script.folder {
        command.current_dir(folder);
    }
    for name in script.hidden {
        command.env_remove(name);
    }
    let mut child = command.spawn().map_err(Failed::Start)?;
    let mut group = Group::of(&child);
    let ended = tokio::time::timeout(script.time, converse(&mut child, script.input, script.most_bytes));
    let ran = ended.await.map_err(|_| Failed::TooLong(script.time))??;
    if script.leaves_children {
        group.release();
    }
    Ok(ran)
}

/// Writes, reads and waits, all at once: a full pipe on one side must not stop the others.
async fn converse(child: &mut Child, input: Vec<u8>, most_bytes: u64) -> Result<Ran, Failed> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let write = async move {
        if let Some(mut stdin) = stdin {
            // Who stops reading says why by the exit code.
            let _ = stdin.write_all(&input).await;
        }
    };
    let (mut printed, mut said) = (Vec::new(), Vec::new());
    let status = {
        let read = async {
            tokio::join!(listen(stdout, &mut printed, most_bytes), listen(stderr, &mut said, most_bytes));
        };
        tokio::pin!(read);
        let work = async { tokio::join!(write, child.wait()).1 };
        tokio::pin!(work);
        tokio::select! {
            status = &mut work => {
                let _ = tokio::time::timeout(LAST_WORDS, read).await;
                status
            }
            () = &mut read => work.await,
        }
    };
    let status = status.map_err(Failed::Start)?;
    if printed.len() as u64 > most_bytes {
        return Err(Failed::TooMuch(most_bytes));
    }
    Ok(Ran { status, stdout: printed, stderr: said })
}

/// Reads up to one byte too much: then nobody reads on, and the command ends by it or is killed.
async fn listen(from: Option<impl tokio::io::AsyncRead + Unpin>, to: &mut Vec<u8>, most_bytes: u64) {
    if let Some(from) = from {
        let _ = from.take(most_bytes.saturating_add(1)).read_to_end(to).await;
    }
}

/// The processes that a command has started; they are killed when this is dropped.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        Self(child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)))
    }

    fn release(&mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // All of it may have ended by itself.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(text: &str) -> Script<'_> {
        Script {
            text,
            arguments: &[],
            folder: None,
            input: Vec::new(),
            hidden: &[],
            time: Duration::from_secs(5),
            most_bytes: 1000,
            leaves_children: false,
        }
    }

    fn run_here(script: Script<'_>) -> Result<String, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let ran = runtime.block_on(run(script)).map_err(|e| e.to_string())?;
        Ok(String::from_utf8(ran.stdout).unwrap())
    }

    #[test]
    fn a_command_reads_prints_and_ends() {
        let echo =
            Script { input: b"words".to_vec(), arguments: &["a b"], ..script("cat; printf %s \"$1\"") };
        assert_eq!(run_here(echo), Ok("wordsa b".into()));
    }

    #[test]
    fn what_takes_too_long_or_says_too_much_is_killed_with_all_that_it_started() {
        let dir = tempfile::tempdir().unwrap();
        let slow = Script {
            folder: Some(dir.path()),
            time: Duration::from_millis(300),
            ..script("(sleep 1; touch alive) & trap '' TERM; sleep 5")
        };
        assert_eq!(run_here(slow), Err("it took longer than 0.3 s".into()));
        assert_eq!(run_here(script("yes")), Err("it prints more than 1000 bytes".into()));
        std::thread::sleep(Duration::from_millis(1200));
        assert!(!dir.path().join("alive").exists());
    }

    #[test]
    fn what_is_left_in_the_background_is_not_waited_for() {
        let begun = std::time::Instant::now();
        assert_eq!(run_here(script("sleep 60 & echo done")), Ok("done\n".into()));
        assert!(begun.elapsed() < Duration::from_secs(4));
    }

    #[test]
    fn hidden_variables_are_not_there() {
        let name = ["HOME".to_owned()];
        let text = "echo \"${HOME-none}\"";
        assert_eq!(run_here(Script { hidden: &name, ..script(text) }), Ok("none\n".into()));
        assert_ne!(run_here(script(text)), Ok("none\n".into()));
    }
}
