//! A plugin that misbehaves on purpose, in the way that its argument `evil`
//! names. Every entry point does the same.

use tidegate_sdk::{Arguments, Failure, Request, Response, TableBatch, on_request, on_schedule, on_write};

mod aftermath;
mod catalogue;
mod numbers;
mod reach;
mod size;
mod text;
mod time;

pub use catalogue::{Attack, CATALOGUE};

on_write!(on_rows);
on_schedule!(on_time);
on_request!(on_client);

fn on_rows(_: Vec<TableBatch>, args: Arguments) -> Result<(), Failure> {
    attack(&args).map(drop)
}

fn on_time(_: i64, args: Arguments) -> Result<(), Failure> {
    attack(&args).map(drop)
}

fn on_client(_: Request, args: Arguments) -> Result<Response, Failure> {
    attack(&args)
}

fn attack(args: &Arguments) -> Result<Response, Failure> {
    let name: String = args.required("evil")?;
    match CATALOGUE.iter().find(|attack| attack.name == name) {
        Some(attack) => (attack.run)(args),
        None => {
            let known: Vec<_> = CATALOGUE.iter().map(|attack| attack.name).collect();
            let known = known.join(", ");
            Err(Failure::invalid(format!("no such attack. evil=`{name}`, known=`{known}`")))
        }
    }
}

/// What an attack says that came through.
fn survived() -> Result<Response, Failure> {
    Ok(Response::text("survived"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_attack_names_the_known_ones() {
        let failure = attack(&Arguments::from_iter([("evil", "kindness")])).unwrap_err();

        assert!(matches!(failure, Failure::Invalid(_)));
        assert!(failure.message().starts_with("no such attack. evil=`kindness`, known=`spin, "));
    }

    #[test]
    fn every_attack_has_a_name_of_its_own() {
        let mut names: Vec<_> = CATALOGUE.iter().map(|attack| attack.name).collect();
        names.sort_unstable();
        names.dedup();

        assert_eq!(names.len(), CATALOGUE.len());
    }

    #[test]
    fn the_readme_tells_every_attack() {
        let readme = include_str!("../README.md");

        for attack in CATALOGUE {
            let row = format!("| `{}` | {} |", attack.name, attack.does);
            assert!(readme.contains(&row), "README.md lacks:\n{row}");
        }
    }
}
