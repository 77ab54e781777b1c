-- The two plans of plans/*.yml as an analyst would write them for exactly this company, with every column that the marts have.
-- Reads typed Parquet; `data` is the folder. Amounts have 4 decimals, splits 2, rates 6: products fit 38 digits.
create temp table deals as select * from read_parquet(getvariable('data') || '/deals.parquet');
create temp table splits as select * from read_parquet(getvariable('data') || '/splits.parquet');
create temp table payees as select * from read_parquet(getvariable('data') || '/payees.parquet');
create temp table quotas as select * from read_parquet(getvariable('data') || '/quotas.parquet');
create temp table rates as select * from read_parquet(getvariable('data') || '/rates.parquet');

create temp table shares as
select deal_id, seller_id as payee_id, 'owner' as kind, cast(1 as decimal(4, 2)) as ratio from deals
where deal_id not in (select deal_id from splits where kind = 'revenue')
union all
select deal_id, payee_id, case kind when 'revenue' then 'split' else 'overlay' end, cast(ratio as decimal(4, 2)) from splits;

create temp table received as
select deal_id, payee_id, 'seller' as plan_id, 'sales' as component_id, kind, ratio,
    case kind when 'overlay' then ratio * 0.5::decimal(2, 1) else ratio end as pay_ratio
from shares
union all
select deal_id, manager_id, 'manager', 'override', 'manager', sum(ratio)::decimal(4, 2), sum(ratio)::decimal(4, 2)
from shares inner join payees using (payee_id) where kind <> 'overlay' group by deal_id, manager_id;

create table fct_credits as
select
    'booking:' || deal_id || ':' || payee_id || ':' || plan_id || ':' || component_id || ':' || kind as credit_id,
    deal_id as event_id, 'booking' as event_kind_code, close_date as credit_date, deal_id as opportunity_id, payee_id, plan_id,
    component_id, kind as credit_kind_code, ratio::decimal(18, 12) as credit_ratio,
    (deal_amount * ratio::decimal(8, 2) * coalesce(exchange_rate, 1)::decimal(14, 6))::decimal(38, 12) as quota_credit_amount,
    (deal_amount * pay_ratio::decimal(8, 3) * coalesce(exchange_rate, 1)::decimal(14, 6))::decimal(38, 12) as pay_credit_amount,
    'EUR' as currency_code, deal_amount as event_amount, deals.currency_code as event_currency_code,
    coalesce(exchange_rate, 1)::decimal(18, 12) as exchange_rate, strftime(close_date, '%Y-%m') as period_id,
    '2026-Q' || quarter(close_date) as window_period_id
from received
inner join deals using (deal_id)
left join rates on rates.from_currency_code = deals.currency_code and rates.rate_date = deals.close_date;

create temp table measures as
select credits.*, quota_amount, sum(quota_credit_amount) over declared as after_amount,
    sum(quota_credit_amount) over declared - quota_credit_amount as before_amount, row_number() over declared as position
from fct_credits as credits
inner join quotas on quotas.payee_id = credits.payee_id and quotas.period_id = credits.window_period_id
window declared as (partition by credits.payee_id, window_period_id order by credit_date, event_id, credit_kind_code);

create temp table slices as
select credit_id, tier,
    quota_credit_amount = pay_credit_amount as is_alike, rate,
    greatest(before_amount, lower_bound) as low_amount, least(after_amount, coalesce(upper_bound, after_amount)) as high_amount,
    lower_bound, upper_bound, pay_credit_amount, quota_credit_amount
from (
    select *, (quota_amount * low)::decimal(38, 12) as lower_bound, (quota_amount * high)::decimal(38, 12) as upper_bound
    from measures
    inner join (values
        ('seller', 1, 0::decimal(3, 2), 0.75::decimal(3, 2), 0.05::decimal(5, 4)), ('seller', 2, 0.75, 1, 0.07), ('seller', 3, 1, 1.5, 0.1),
        ('seller', 4, 1.5, null, 0.12), ('manager', 1, 0, 0.75, 0.005), ('manager', 2, 0.75, 1, 0.008), ('manager', 3, 1, 1.5, 0.0125),
        ('manager', 4, 1.5, null, 0.015)
    ) as tiers (plan_id, tier, low, high, rate) using (plan_id)
)
where after_amount > lower_bound and (upper_bound is null or before_amount < upper_bound);

create temp table priced as
select credit_id, tier, lower_bound, upper_bound, rate, is_alike, low_amount, high_amount, pay_credit_amount, quota_credit_amount,
    case when is_alike
        then round(((high_amount - lower_bound)::decimal(26, 12) * rate::decimal(8, 4))::decimal(38, 16), 12)
            - round(((low_amount - lower_bound)::decimal(26, 12) * rate::decimal(8, 4))::decimal(38, 16), 12)
        -- An overlay's pay credit is half of its quota credit, so its share of a slice is half of the slice.
        else round(((high_amount - low_amount)::decimal(26, 12) * (rate / 2)::decimal(8, 5))::decimal(38, 17), 12)
    end as slice_amount
from slices;

create table fct_payout_lines as
with earned as (select credit_id, sum(slice_amount) as amount from priced group by all),
running as (
    select measures.*, amount, sum(amount) over (
        partition by payee_id, window_period_id order by position rows between unbounded preceding and current row) as total
    from measures
    inner join earned using (credit_id)
)
select credit_id as line_id, payee_id, plan_id, component_id, period_id, window_period_id, 'event' as line_kind_code, credit_id, event_id,
    event_kind_code, credit_date as line_date, amount::decimal(38, 12) as unrounded_amount,
    (round(total, 2) - round(total - amount, 2))::decimal(38, 12) as earned_amount, currency_code
from running;

create table fct_payout_traces as
select credit_id as line_id, case when is_alike then 'slice' else 'share' end as trace_kind_code, payee_id, plan_id, component_id, period_id,
    event_id, tier as tier_number, nullif(lower_bound, 0)::decimal(38, 12) as lower_bound_amount, upper_bound as upper_bound_amount,
    (case when is_alike then high_amount - low_amount else priced.pay_credit_amount end)::decimal(38, 12) as base_amount,
    case when is_alike then (low_amount - lower_bound)::decimal(38, 12) end as from_amount,
    case when is_alike then (high_amount - lower_bound)::decimal(38, 12) end as to_amount, rate::decimal(18, 12) as rate_ratio,
    case when not is_alike then (high_amount - low_amount)::decimal(38, 12) end as numerator_amount,
    case when not is_alike then priced.quota_credit_amount end as denominator_amount, slice_amount::decimal(38, 12) as slice_amount,
    before_amount as measure_before_amount, after_amount as measure_after_amount, quota_amount, currency_code
from priced
inner join measures using (credit_id)
union all
select line_id, 'rounding', lines.payee_id, lines.plan_id, lines.component_id, lines.period_id, lines.event_id, null, null, null, null, null,
    null, null, null, null, (earned_amount - unrounded_amount)::decimal(38, 12), before_amount, after_amount, quota_amount, lines.currency_code
from fct_payout_lines as lines
inner join measures using (credit_id)
where earned_amount <> unrounded_amount;

create temp table payee_months as
select payee_id, plan_id, '2026-' || lpad(cast(month as varchar), 2, '0') as period_id, '2026-Q' || (month + 2) // 3 as window_period_id
from payees cross join range(1, 13) as months (month);

create table fct_payouts as
select payee_id, plan_id, period_id, coalesce(sum(earned_amount), 0)::decimal(38, 12) as earned_amount, count(line_id) as line_count,
    'EUR' as currency_code
from payee_months
left join fct_payout_lines using (payee_id, plan_id, period_id)
group by all;

create table fct_attainment as
select payee_id, plan_id, period_id, window_period_id, measure_amount, quota_amount,
    (((measure_amount * 1000000000000)::hugeint * 1000000000000 + (quota_amount * 1000000000000)::hugeint // 2)
        // (quota_amount * 1000000000000)::hugeint)::decimal(38, 0) * 0.000000000001::decimal(12, 12) as attainment_ratio
from (
    select payee_months.payee_id, payee_months.plan_id, payee_months.period_id, window_period_id, quota_amount,
        coalesce(sum(amount) over (partition by payee_months.payee_id, window_period_id order by payee_months.period_id), 0)::decimal(38, 12) as measure_amount
    from payee_months
    inner join quotas on quotas.payee_id = payee_months.payee_id and quotas.period_id = window_period_id
    left join (select payee_id, period_id, sum(quota_credit_amount) as amount from fct_credits group by all) as moved
        on moved.payee_id = payee_months.payee_id and moved.period_id = payee_months.period_id
);
