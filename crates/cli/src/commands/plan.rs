use crate::args;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::planning::{plan, survey};

/// `sluice plan`
pub fn run(context: &Context, args: &args::Plan) -> Result<Exit, CliError> {
    let sites = context.sites()?;
    let release = context.project.release(sluice_rollout::Provenance::default());
    let surveys = survey(context, &sites, false);
    let (mut report, exit) = plan(context, &sites, &release.digest, &surveys);
    if args.summary {
        report
            .targets
            .iter_mut()
            .flat_map(|target| &mut target.pending)
            .for_each(|change| change.statements.clear());
    }
    context.output.result(&report);
    Ok(exit)
}
