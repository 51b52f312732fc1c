use std::io::Write as _;
use std::path::Path;

use sluice_project::config::FILE_NAME;
use sluice_project::layout::{self, Layout};
use sluice_report::{Initialised, OtherDirectory, Problem};

use crate::args;
use crate::error::{CliError, Exit};
use crate::output::Output;

/// `sluice init [DIRECTORY]`
pub fn run(output: Output, args: &args::Init) -> Result<Exit, CliError> {
    let root = args.directory.canonicalize().map_err(|error| {
        CliError::usage(format!("{} cannot be entered: {error}", args.directory.display()))
            .help("create the directory first")
    })?;
    let path = root.join(FILE_NAME);
    if path.exists() && !args.force {
        return Err(CliError::usage(format!("{} exists already", path.display()))
            .help("edit it, or overwrite it with --force"));
    }
    let found = layout::find(&root);
    let name =
        root.file_name().map_or_else(|| "project".to_owned(), |name| name.to_string_lossy().into_owned());
    let (directory, layout, evidence) = match found.first() {
        Some(found) => {
            let directory = found.dir.strip_prefix(&root).unwrap_or(&found.dir);
            (shown(directory), found.layout, Some(found.evidence.clone()))
        }
        None => ("migrations".to_owned(), Layout::Native, None),
    };
    let text = configuration(&name, &directory, layout);
    let write = || {
        if evidence.is_none() {
            std::fs::create_dir_all(root.join(&directory))?;
        }
        let mut file =
            if args.force { std::fs::File::create(&path)? } else { std::fs::File::create_new(&path)? };
        file.write_all(text.as_bytes())
    };
    write().map_err(|error| CliError::usage(format!("{} cannot be written: {error}", path.display())))?;
    match &evidence {
        Some(evidence) => output.message(&format!("found {layout} migrations in {directory} ({evidence})")),
        None => {
            if let Some(ruby) = layout::find_ruby(&root) {
                output.warning(
                    &Problem::warning("there are Ruby migrations, which cannot be run")
                        .at(shown(&ruby))
                        .help(Some("write changes as .sql files; those in Ruby stay with Rails".to_owned())),
                );
            }
            output.message("no SQL migrations found: an empty directory `migrations` was made");
        }
    }
    let others: Vec<OtherDirectory> = found
        .iter()
        .skip(1)
        .map(|other| OtherDirectory {
            migrations: shown(other.dir.strip_prefix(&root).unwrap_or(&other.dir)),
            layout: other.layout.to_string(),
        })
        .collect();
    for other in &others {
        output.message(&format!(
            "also found: {} migrations in {}; they want a project of their own",
            other.layout, other.migrations
        ));
    }
    let adoptable = evidence.is_some() && layout != Layout::Native;
    output.result(&Initialised {
        path: args.directory.join(FILE_NAME).display().to_string(),
        migrations: directory,
        layout: layout.to_string(),
        evidence,
        others,
    });
    output.message("next: set the databases' urls, then `sluice plan`");
    if adoptable {
        output.message(
            "databases that another tool has run before: `sluice baseline --adopt` takes their history over",
        );
    }
    Ok(Exit::Done)
}

fn shown(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    if text.is_empty() { ".".to_owned() } else { text }
}

/// The text of a first `sluice.toml`.
fn configuration(name: &str, migrations: &str, layout: Layout) -> String {
    let quoted = |text: &str| toml_string(text);
    let variable: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    let mut text = format!(
        "[project]\nname = {}\nmigrations = {}\nlayout = {}\n",
        quoted(name),
        quoted(migrations),
        quoted(&layout.to_string())
    );
    for (environment, gates) in [
        ("dev", ""),
        ("staging", ""),
        ("prod", "# A person who is not the author approves.\napprovals = [{ required = 1 }]\n"),
    ] {
        text.push_str(&format!("\n[[environment]]\nname = \"{environment}\"\n{gates}"));
    }
    for environment in ["dev", "staging", "prod"] {
        text.push_str(&format!(
            "\n[[database]]\nname = {}\nenvironment = \"{environment}\"\nurl = \"env:{variable}_{}_URL\"\n",
            quoted(&format!("{name}-{environment}")),
            environment.to_ascii_uppercase()
        ));
    }
    text
}

fn toml_string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(c);
            }
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
