use crate::args;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::planning::{plan, survey};

/// `sluice plan`
pub fn run(context: &Context, args: &args::Plan) -> Result<Exit, CliError> {
    let sites = context.distinct_sites()?;
    let release = context.digest();
    let surveys = survey(context, &sites, false);
    let (report, exit) = plan(context, &sites, &release, &surveys, args.summary);
    context.output.result(&report);
    Ok(exit)
}
