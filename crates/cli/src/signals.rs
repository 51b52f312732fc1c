use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::Output;

/// Cancels on Ctrl-C and SIGTERM; a second one ends the process at once.
///
/// # Errors
/// When the system gives no threads or signals.
pub fn listen(cancel: &CancellationToken, output: Output) -> Result<(), CliError> {
    let cancel = cancel.clone();
    let runtime = Context::runtime()?;
    let failed = |error: std::io::Error| CliError::usage(format!("signals cannot be listened to: {error}"));
    let (mut interrupt, mut terminate) = {
        let _guard = runtime.enter();
        (signal(SignalKind::interrupt()).map_err(failed)?, signal(SignalKind::terminate()).map_err(failed)?)
    };
    std::thread::Builder::new()
        .name("signals".to_owned())
        .stack_size(128 * 1024)
        .spawn(move || {
            runtime.block_on(async {
                loop {
                    tokio::select! {
                        _ = interrupt.recv() => {}
                        _ = terminate.recv() => {}
                    }
                    if cancel.is_cancelled() {
                        output.message("stopped; what still runs on a server goes on there");
                        std::process::exit(i32::from(Exit::Cancelled.code()));
                    }
                    output.message("stopping: running statements are cancelled; once more ends at once");
                    cancel.cancel();
                }
            });
        })
        .map_err(failed)?;
    Ok(())
}
