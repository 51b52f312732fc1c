use std::io::Write as _;

use jiff::Zoned;
use sluice_project::layout::Layout;

use crate::args;
use crate::context::Context;
use crate::error::{CliError, Exit};

/// `sluice new NAME`
pub fn run(context: &Context, args: &args::New) -> Result<Exit, CliError> {
    let name: String = args
        .name
        .trim()
        .chars()
        .map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
        .collect();
    if name.trim_matches('_').is_empty() {
        return Err(CliError::usage("a change needs a name").help("for example: sluice new add-orders-total"));
    }
    if context.project.directory.detection.layout != Layout::Native {
        return Err(CliError::usage(format!(
            "`sluice new` writes native migrations, and this project has the layout {}",
            context.project.directory.detection.layout
        ))
        .help("make the file with the tool that the layout comes from"));
    }
    let directory = context.config().project.migrations.first().map_or("migrations", String::as_str);
    let version = Zoned::now().with_time_zone(jiff::tz::TimeZone::UTC).strftime("%Y%m%d%H%M%S");
    let path = std::path::Path::new(directory).join(format!("{version}_{name}.sql"));
    let write = || {
        std::fs::create_dir_all(directory)?;
        let mut file = std::fs::File::create_new(&path)?;
        writeln!(file, "-- {}", args.name.trim())
    };
    write().map_err(|error| CliError::usage(format!("{} cannot be written: {error}", path.display())))?;
    context.output.text(&format!("{}\n", path.display()));
    Ok(Exit::Done)
}
