//! `$name` in a statement becomes a value or the name of a table, and so does
//! `?`, which is called by its number.
//!
//! Each `$name` is first made a quoted identifier that nobody else can write,
//! so that the parser itself says what it stands for: where a table is named it
//! becomes that table's name, where a value is computed, a literal. The text of
//! a parameter is never parsed.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::common::plan_datafusion_err;
use datafusion::error::DataFusionError;
use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::ast::{
    DataType, ExactNumberInfo, Expr, Ident, ObjectName, ObjectNamePart, TimezoneInfo, TypedString, UnaryOperator,
    Value as Literal, VisitMut, VisitorMut, visit_expressions, visit_relations,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::parser::ParserError;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer, Word};
use tidegate::{Parameters, Value};

/// Begins the identifiers that stand for parameters.
const MARK: char = '\0';

/// Parses the one statement in `sql` and puts the parameters in.
pub(super) fn bind(sql: &str, parameters: &Parameters) -> Result<Statement, DataFusionError> {
    let mut tokens = tokenize(sql)?;
    let named = mark(&mut tokens);
    if let Some(missing) = named.iter().find(|name| !parameters.contains_key(*name)) {
        return Err(plan_datafusion_err!("a parameter has no value. parameter=`{missing}`"));
    }
    if let Some(unused) = parameters.keys().find(|name| !named.contains(*name)) {
        return Err(plan_datafusion_err!("a parameter is not in the statement. parameter=`{unused}`"));
    }
    let mut statement = parse(tokens)?;
    if !named.is_empty() {
        put_in(&mut statement, parameters)?;
    }
    Ok(statement)
}

/// Parses the one statement in `sql` as it is, and returns the names of its
/// parameters: numbers in their order, before names as they first come.
pub(super) fn unbound(sql: &str) -> Result<(Statement, Vec<String>), DataFusionError> {
    let tokens = tokenize(sql)?;
    let mut names: Vec<String> = Vec::new();
    for name in tokens.iter().filter_map(|token| placeholder(&token.token)) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names.sort_by_key(|name| name.parse().unwrap_or(u64::MAX));
    Ok((parse(tokens)?, names))
}

fn tokenize(sql: &str) -> Result<Vec<TokenWithSpan>, DataFusionError> {
    if sql.contains(MARK) {
        return Err(plan_datafusion_err!("a statement must not contain NUL"));
    }
    let mut tokens = Tokenizer::new(&GenericDialect {}, sql).tokenize_with_location().map_err(ParserError::from)?;
    check_depth(&tokens)?;
    name_question_marks(&mut tokens);
    Ok(tokens)
}

/// Calls each `?` by its number, as if it were written `$1`, `$2`, and so on.
fn name_question_marks(tokens: &mut [TokenWithSpan]) {
    let mut last = 0_u64;
    for token in tokens {
        if let Token::Placeholder(placeholder) = &mut token.token
            && let Some(given) = placeholder.strip_prefix('?')
        {
            *placeholder = if given.is_empty() {
                last = last.saturating_add(1);
                format!("${last}")
            } else {
                format!("${given}")
            };
        }
    }
}

/// What a parameter is called.
fn placeholder(token: &Token) -> Option<&str> {
    if let Token::Placeholder(placeholder) = token { placeholder.strip_prefix('$') } else { None }
}

fn parse(tokens: Vec<TokenWithSpan>) -> Result<Statement, DataFusionError> {
    let mut statements = DFParserBuilder::new(tokens).build()?.parse_statements()?;
    let Some(statement) = statements.pop_front() else {
        return Err(plan_datafusion_err!("No SQL statements were provided in the query string"));
    };
    if !statements.is_empty() {
        return Err(plan_datafusion_err!("a query is one statement"));
    }
    check_tables(&statement)?;
    Ok(statement)
}

/// Makes identifiers of all placeholders and returns their names.
fn mark(tokens: &mut [TokenWithSpan]) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for token in tokens {
        if let Some(name) = placeholder(&token.token) {
            named.insert(name.to_owned());
            let value = format!("{MARK}{name}");
            token.token = Token::Word(Word { value, quote_style: Some('"'), keyword: Keyword::NoKeyword });
        }
    }
    named
}

/// How many operators and subqueries a statement may have. A debug build runs
/// out of the 2 MiB of a tokio thread between 450 and 900.
const MAX_OPERATORS: usize = 400;

/// The words that put what stands before them into something larger.
const OPERATORS: [Keyword; 26] = {
    use Keyword as K;
    [
        K::AND,
        K::AT,
        K::BETWEEN,
        K::CASE,
        K::COLLATE,
        K::DIV,
        K::EXCEPT,
        K::ILIKE,
        K::IN,
        K::INTERSECT,
        K::IS,
        K::JOIN,
        K::LIKE,
        K::MATCH,
        K::MEMBER,
        K::MINUS,
        K::NOT,
        K::NOTNULL,
        K::OR,
        K::OVERLAPS,
        K::REGEXP,
        K::RLIKE,
        K::SELECT,
        K::SIMILAR,
        K::UNION,
        K::XOR,
    ]
};

/// Refuses statements that would need too much stack: one is enough to end the
/// process, and guests write them. What is long but flat, such as a list of
/// values, may be longer.
fn check_depth(tokens: &[TokenWithSpan]) -> Result<(), DataFusionError> {
    let nests = |token: &Token| {
        if let Token::Word(word) = token {
            return OPERATORS.contains(&word.keyword);
        }
        !matches!(
            token,
            Token::Whitespace(_)
                | Token::Comma
                | Token::Period
                | Token::Placeholder(_)
                | Token::Number(..)
                | Token::SingleQuotedString(_)
                | Token::RParen
                | Token::EOF
        )
    };
    let operators = tokens.iter().filter(|token| nests(&token.token)).count();
    if operators > MAX_OPERATORS {
        return Err(plan_datafusion_err!(
            "the statement is too complex. operators=`{operators}` allowed=`{MAX_OPERATORS}`"
        ));
    }
    Ok(())
}

/// How many tables a statement may name. Joins without a word for it look like
/// a list, but each is a level of the plan.
const MAX_TABLES: usize = 200;

fn check_tables(statement: &Statement) -> Result<(), DataFusionError> {
    let mut tables = 0_usize;
    let mut sets = 1_usize;
    let _ = match statement {
        Statement::Explain(explain) => return check_tables(&explain.statement),
        Statement::Statement(statement) => {
            let _ = visit_expressions(statement, |expr| {
                sets = sets.saturating_mul(grouping_sets(expr));
                ControlFlow::<()>::Continue(())
            });
            visit_relations(statement, |_| {
                tables = tables.saturating_add(1);
                ControlFlow::<()>::Continue(())
            })
        }
        // These are refused whatever they name.
        Statement::CreateExternalTable(_) | Statement::CopyTo(_) | Statement::Reset(_) => {
            return Ok(());
        }
    };
    if sets > MAX_GROUPING_SETS {
        return Err(plan_datafusion_err!(
            "the statement is too complex. grouping_sets=`{sets}` allowed=`{MAX_GROUPING_SETS}`"
        ));
    }
    if tables > MAX_TABLES {
        return Err(plan_datafusion_err!("the statement is too complex. tables=`{tables}` allowed=`{MAX_TABLES}`"));
    }
    Ok(())
}

/// How many ways to group a statement may ask for: planning makes them all, and
/// they multiply.
const MAX_GROUPING_SETS: usize = 1_024;

/// How many ways to group `expr` stands for.
#[expect(clippy::wildcard_enum_match_arm, reason = "all others are one way")]
fn grouping_sets(expr: &Expr) -> usize {
    match expr {
        Expr::Cube(columns) => {
            u32::try_from(columns.len()).map_or(usize::MAX, |columns| 2_usize.saturating_pow(columns))
        }
        Expr::Rollup(columns) => columns.len().saturating_add(1),
        Expr::GroupingSets(sets) => sets.len().max(1),
        _ => 1,
    }
}

fn put_in(statement: &mut Statement, parameters: &Parameters) -> Result<(), DataFusionError> {
    match statement {
        Statement::Explain(explain) => return put_in(&mut explain.statement, parameters),
        Statement::Statement(statement) => {
            if let ControlFlow::Break(error) = statement.visit(&mut Values(parameters)) {
                return Err(error);
            }
        }
        // These are refused whatever their parameters are.
        Statement::CreateExternalTable(_) | Statement::CopyTo(_) | Statement::Reset(_) => {}
    }
    let text = statement.to_string();
    match text.split_once(MARK) {
        None => Ok(()),
        Some((_, rest)) => {
            let name = rest.split('"').next().unwrap_or_default();
            Err(plan_datafusion_err!("a parameter stands for a value or a table only. parameter=`{name}`"))
        }
    }
}

struct Values<'p>(&'p Parameters);

impl Values<'_> {
    fn get(&self, ident: &Ident) -> Option<&Value> {
        self.0.get(ident.value.strip_prefix(MARK)?)
    }
}

impl VisitorMut for Values<'_> {
    type Break = DataFusionError;

    fn pre_visit_relation(&mut self, relation: &mut ObjectName) -> ControlFlow<DataFusionError> {
        for part in &mut relation.0 {
            if let ObjectNamePart::Identifier(ident) = part
                && let Some(value) = self.get(ident)
            {
                let Value::Text(table) = value else {
                    let name = ident.value.trim_start_matches(MARK);
                    return ControlFlow::Break(plan_datafusion_err!("a table's name is text. parameter=`{name}`"));
                };
                *ident = Ident::with_quote('"', table);
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<DataFusionError> {
        if let Expr::Identifier(ident) = expr
            && let Some(value) = self.get(ident)
        {
            *expr = literal(value);
        }
        ControlFlow::Continue(())
    }
}

fn literal(value: &Value) -> Expr {
    match value {
        Value::Null => Expr::value(Literal::Null),
        Value::Boolean(value) => Expr::value(Literal::Boolean(*value)),
        Value::I64(value) => number(value.unsigned_abs().to_string(), value.is_negative()),
        Value::U64(value) => number(value.to_string(), false),
        // The exponent says that it is no integer, however round.
        Value::F64(value) if value.is_finite() => number(format!("{:e}", value.abs()), value.is_sign_negative()),
        Value::F64(value) => typed(DataType::Double(ExactNumberInfo::None), value.to_string()),
        Value::Text(value) => Expr::value(Literal::SingleQuotedString(value.clone())),
        Value::Time(value) => typed(DataType::Timestamp(None, TimezoneInfo::None), value.to_string()),
    }
}

fn number(digits: String, negative: bool) -> Expr {
    let number = Expr::value(Literal::Number(digits, false));
    if negative { Expr::UnaryOp { op: UnaryOperator::Minus, expr: Box::new(number) } } else { number }
}

fn typed(data_type: DataType, value: String) -> Expr {
    let value = Literal::SingleQuotedString(value).into();
    Expr::TypedString(TypedString { data_type, value, uses_odbc_syntax: false })
}

#[cfg(test)]
mod tests;
