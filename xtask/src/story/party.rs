//! A party of the story: a folder, a program, and for a service a running process behind a proxy.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use jiff::Timestamp;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

use super::proxy::{Exchange, Proxy};
use crate::free_address;

/// How long a service may take to say it is ready, and to stop.
const PATIENCE: Duration = Duration::from_secs(30);

/// A program and the folder it works in.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    binary: PathBuf,
    /// The party's folder.
    pub(crate) folder: PathBuf,
    passphrase_file: Option<PathBuf>,
    clock: Option<StoryClock>,
}

/// An instant that every program of the story takes for now, and that runs on between their starts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StoryClock {
    instant: Timestamp,
    started: Instant,
}

impl StoryClock {
    /// Starts at `instant`.
    pub(crate) fn starting_at(instant: Timestamp) -> Self {
        StoryClock { instant, started: Instant::now() }
    }

    /// What `PORTAGE_CLOCK` must say now.
    fn reading(self) -> String {
        self.instant.saturating_add(self.started.elapsed()).unwrap_or(self.instant).to_string()
    }
}

/// What a command answered.
pub(crate) struct Answer {
    /// Exit code.
    pub(crate) code: i32,
    /// JSON objects on standard output, a line each.
    pub(crate) lines: Vec<Value>,
    /// Standard error.
    pub(crate) stderr: String,
}

impl Program {
    /// The program `name` of the folder `programs`, working in `folder`.
    pub(crate) fn new(
        programs: &Path,
        name: &str,
        folder: PathBuf,
        clock: Option<StoryClock>,
    ) -> Result<Self> {
        std::fs::create_dir_all(&folder)?;
        Ok(Program { binary: programs.join(name), folder, passphrase_file: None, clock })
    }

    /// With a passphrase file: the wallet.
    pub(crate) fn with_passphrase(mut self, file: PathBuf) -> Self {
        self.passphrase_file = Some(file);
        self
    }

    /// Starts a command that goes on, once it has answered its one object. It ends with the process.
    pub(crate) async fn start(&self, arguments: &[&str]) -> Result<(Child, Value)> {
        let mut process = self
            .command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("{} could not be started", self.binary.display()))?;
        let stdout = process.stdout.take().context("its standard output")?;
        let line = timeout(PATIENCE, BufReader::new(stdout).lines().next_line())
            .await
            .with_context(|| format!("{} {arguments:?} answered nothing", self.name()))??;
        let answer = serde_json::from_str(line.as_deref().unwrap_or_default())
            .with_context(|| format!("{} {arguments:?} answered no JSON", self.name()))?;
        Ok((process, answer))
    }

    /// The same program and folder without the passphrase: somebody has to type it.
    pub(crate) fn without_passphrase(&self) -> Self {
        Program { passphrase_file: None, ..self.clone() }
    }

    /// The command line that a person would type, for `--keep`.
    pub(crate) fn command_line(&self) -> String {
        let mut line = format!("{} --dir {}", self.binary.display(), self.folder.display());
        if let Some(file) = &self.passphrase_file {
            line.push_str(&format!(" --passphrase-file {}", file.display()));
        }
        line
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments).arg("--json").arg("--dir").arg(&self.folder);
        if let Some(file) = &self.passphrase_file {
            command.arg("--passphrase-file").arg(file);
        }
        match &self.clock {
            Some(clock) => command.env("PORTAGE_CLOCK", clock.reading()),
            None => command.env_remove("PORTAGE_CLOCK"),
        };
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// Runs a command to its end.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Result<Answer> {
        let output = timeout(PATIENCE, self.command(arguments).output())
            .await
            .with_context(|| format!("{} did not end", self.name()))?
            .with_context(|| format!("{} could not be started", self.binary.display()))?;
        let text = String::from_utf8(output.stdout).context("output in UTF-8")?;
        let lines = text
            .lines()
            .map(|line| {
                serde_json::from_str(line).with_context(|| format!("{} printed no JSON: {line}", self.name()))
            })
            .collect::<Result<_>>()?;
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        Ok(Answer { code: output.status.code().unwrap_or(-1), lines, stderr })
    }

    /// Runs a command that must succeed and answer one object.
    pub(crate) async fn one(&self, arguments: &[&str]) -> Result<Value> {
        let mut lines = self.lines(arguments).await?;
        ensure!(lines.len() == 1, "{} {arguments:?} answered {} objects", self.name(), lines.len());
        lines.pop().context("one object")
    }

    /// Runs a command that must succeed.
    pub(crate) async fn lines(&self, arguments: &[&str]) -> Result<Vec<Value>> {
        let answer = self.run(arguments).await?;
        if answer.code != 0 {
            bail!("{} {arguments:?} ended with {}: {}", self.name(), answer.code, answer.stderr.trim());
        }
        Ok(answer.lines)
    }

    fn name(&self) -> String {
        self.binary.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// A service: its program, its process, and the proxy people reach it by.
pub(crate) struct Service {
    /// Its commands.
    pub(crate) program: Program,
    /// Its identifier: a DID, or its address.
    pub(crate) id: String,
    listen: SocketAddr,
    proxy: Proxy,
    process: Option<Child>,
    /// What it said when it was ready.
    pub(crate) ready: Value,
}

impl Service {
    /// A free port behind a fresh proxy: its address is known before anything is made.
    pub(crate) async fn reserve(program: Program) -> Result<Self> {
        let listen = free_address()?;
        let proxy = Proxy::start(listen).await?;
        Ok(Service { program, id: String::new(), listen, proxy, process: None, ready: Value::Null })
    }

    /// `init --demo`. Not yet serving.
    pub(crate) async fn init(&mut self, more: &[String]) -> Result<()> {
        let listen = self.listen.to_string();
        let mut arguments = vec!["init", "--demo", "--listen", &listen, "--url", &self.proxy.url];
        arguments.extend(more.iter().map(String::as_str));
        let made = self.program.one(&arguments).await?;
        self.id = made["id"].as_str().context("init tells the identifier")?.to_owned();
        Ok(())
    }

    /// Starts `serve` and waits until it answers.
    pub(crate) async fn serve(&mut self) -> Result<()> {
        let log = std::fs::File::create(self.program.folder.join("serve.log"))?;
        let mut process = self
            .program
            .command(&["serve"])
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .with_context(|| format!("{} could not be started", self.program.binary.display()))?;
        let stdout = process.stdout.take().context("standard output of the service")?;
        let mut lines = BufReader::new(stdout).lines();
        let line =
            timeout(PATIENCE, lines.next_line()).await.context("the service did not say it is ready")??;
        let ready: Value = serde_json::from_str(line.as_deref().unwrap_or_default()).with_context(|| {
            let log = std::fs::read_to_string(self.program.folder.join("serve.log")).unwrap_or_default();
            format!("the service did not say it is ready: {log}")
        })?;
        ensure!(ready["ready"].is_string(), "the service said {ready}");
        // Whatever it prints from now on is read, so that it never waits for us.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        self.process = Some(process);
        self.ready = ready;
        Ok(())
    }

    /// Waits until a verifier tells that all of this is there to carry: `/trust_chain`, `/purposes/<id>`.
    pub(crate) async fn wait_for(&self, carried: &[String]) -> Result<()> {
        let address = format!("http://{}/readyz", self.listen);
        let client = reqwest::Client::builder().no_proxy().build()?;
        let has_all = async {
            loop {
                let told = client.get(&address).send().await?.text().await?;
                let told: Value = serde_json::from_str(&told).unwrap_or_default();
                let is_there =
                    |what: &String| told.pointer(what).is_some_and(|carried| carried["state"] == "valid");
                if carried.iter().all(is_there) {
                    return anyhow::Ok(());
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let missing = || format!("the verifier carries not all of {}", carried.join(", "));
        timeout(PATIENCE, has_all).await.with_context(missing)?
    }

    /// Where people reach it.
    pub(crate) fn url(&self) -> &str {
        &self.proxy.url
    }

    /// The messages since the last call.
    pub(crate) fn take_exchanges(&self) -> Vec<Exchange> {
        self.proxy.take()
    }

    /// Asks the process to stop (SIGTERM) and waits for it.
    pub(crate) async fn stop(&mut self) -> Result<()> {
        let Some(mut process) = self.process.take() else { return Ok(()) };
        if let Some(id) = process.id() {
            Command::new("kill").arg(id.to_string()).status().await?;
        }
        let status = timeout(PATIENCE, process.wait()).await.context("the service did not stop")??;
        ensure!(status.success(), "the service stopped with {status}");
        Ok(())
    }
}
