//! The program `wallet`.

use std::{io, process::ExitCode};

use portage_clock::Clock;
use wallet_cli::{Console, Io, Person, Surroundings, run};

fn main() -> ExitCode {
    let (mut out, mut err) = (io::stdout(), io::stderr());
    let clock = match Clock::from_environment() {
        Ok((clock, is_set)) => {
            if is_set {
                let _ =
                    io::Write::write_all(&mut err, b"PORTAGE_CLOCK is set: this is not the machine's time\n");
            }
            clock
        }
        Err(error) => return usage(&mut err, &error.to_string()),
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return usage(&mut err, &error.to_string()),
    };
    let mut console = Console::if_there();
    let person = console.as_mut().map(|console| console as &mut dyn Person);
    let mut io = Io { out: &mut out, err: &mut err, person };
    let code = runtime.block_on(run(std::env::args_os(), &Surroundings::of_machine(clock), &mut io));
    ExitCode::from(code)
}

fn usage(err: &mut dyn io::Write, text: &str) -> ExitCode {
    let _ = writeln!(err, "{text}");
    ExitCode::from(2)
}
