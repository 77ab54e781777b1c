-- Credits, attainment and pay of the five plans of examples/demo, with their rates written into the query.
create temp table terms as
select payee_id, plan_id, greatest(from_day, date '2024-06-01') as from_day, least(to_day, coalesce(last_day, date '9999-12-31')) as to_day, team_id, region_id
from assignments
inner join employees using (payee_id)
where plan_id in ('ae_commission', 'senior_ae_commission', 'cs_renewals', 'sdr_meetings', 'manager_rollup') and to_day >= date '2024-06-01';

create temp table shares as
with won as (
    select opportunity_id, owner_user_id, opportunity_kind_code as deal_kind, close_date, deal_amount, currency_code
    from fct_opportunities
    where opportunity_status_code = 'won'
),
splits as (
    select opportunity_id, split_kind_code, payee_id, coalesce(payee_id, user_id) as holder, sum(cast(split_ratio as decimal(18, 12))) as ratio
    from read_parquet(getvariable('data') || '/opportunity_splits.parquet')
    left join payee_of_user using (user_id)
    group by all
)
select won.*, payee_id, 'owner' as kind, cast(1 as decimal(18, 12)) as ratio, cast(deal_amount as decimal(24, 8)) as share
from won
left join payee_of_user on user_id = owner_user_id
where opportunity_id not in (select opportunity_id from splits where split_kind_code = 'revenue')
union all
select
    won.*, payee_id, case split_kind_code when 'revenue' then 'split' else 'overlay' end, cast(ratio as decimal(18, 12)),
    cast(deal_amount * cast(ratio as decimal(8, 4)) as decimal(24, 8))
from won
inner join splits using (opportunity_id);

create temp table managed as
with direct as (select payee_id, manager_id, from_day, to_day from assignments where manager_id is not null),
above as (
    select payee_id, manager_id, from_day, to_day from direct
    union all
    select low.payee_id, high.manager_id, greatest(low.from_day, high.from_day), least(low.to_day, high.to_day)
    from direct as low
    inner join direct as high on low.manager_id = high.payee_id and low.from_day <= high.to_day and low.to_day >= high.from_day
)
select * from above where payee_id <> manager_id;

create table fct_credits as
with credited as (
    select 'booking' as event_kind, opportunity_id as event_id, close_date as credit_date, opportunity_id, shares.payee_id, plan_id,
        case plan_id when 'cs_renewals' then 'renewals' else 'new_business' end as component_id, kind as credit_kind, ratio, share as quota_share,
        case kind when 'overlay' then cast(share * cast(0.5 as decimal(2, 1)) as decimal(24, 8)) else share end as pay_share,
        currency_code, deal_amount as event_amount, team_id, region_id
    from shares
    inner join terms on terms.payee_id = shares.payee_id and close_date between from_day and to_day
    where (plan_id in ('ae_commission', 'senior_ae_commission') and deal_kind in ('new', 'expansion') and kind <> 'overlay')
        or (plan_id = 'senior_ae_commission' and deal_kind in ('new', 'expansion') and kind = 'overlay')
        or (plan_id = 'cs_renewals' and deal_kind = 'renewal' and kind <> 'overlay')
    union all
    select 'booking', opportunity_id, close_date, opportunity_id, terms.payee_id, plan_id, 'team_bookings', 'manager', cast(sum(ratio) as decimal(18, 12)),
        cast(sum(share) as decimal(24, 8)), cast(sum(share) as decimal(24, 8)), currency_code, deal_amount, terms.team_id, terms.region_id
    from terms
    inner join managed on manager_id = terms.payee_id
    inner join shares on shares.payee_id = managed.payee_id
        and close_date between managed.from_day and managed.to_day and close_date between terms.from_day and terms.to_day
    where plan_id = 'manager_rollup' and kind <> 'overlay'
    group by all
    union all
    select 'activity', activity_id, occurred_date, opportunity_id, activities.payee_id, plan_id, 'qualified_meetings', 'owner', 1, 1, 1, 'EUR', 1,
        terms.team_id, terms.region_id
    from fct_activities as activities
    inner join terms on terms.payee_id = activities.payee_id and occurred_date between from_day and to_day
    where plan_id = 'sdr_meetings' and activity_kind_code = 'meeting' and outcome_name = 'qualified'
)
select
    event_kind || ':' || event_id || ':' || payee_id || ':' || plan_id || ':' || component_id || ':' || credit_kind as credit_id,
    event_id, event_kind as event_kind_code, credit_date, opportunity_id, payee_id, plan_id, component_id, credit_kind as credit_kind_code,
    ratio as credit_ratio,
    cast(quota_share * case when credited.currency_code = 'EUR' then 1 else cast(rate as decimal(14, 6)) end as decimal(38, 12)) as quota_credit_amount,
    cast(pay_share * case when credited.currency_code = 'EUR' then 1 else cast(rate as decimal(14, 6)) end as decimal(38, 12)) as pay_credit_amount,
    cast(event_amount as decimal(18, 4)) as event_amount, period_id,
    case plan_id when 'sdr_meetings' then period_id else year(credit_date) || '-Q' || quarter(credit_date) end as window_period_id, team_id, region_id
from credited
inner join days on days.day = credit_date
left join rates on rates.currency = credited.currency_code and rates.day = credit_date
where credit_date <= getvariable('as_of_date');

create temp table measures as
select
    credits.*, quota_amount, row_number() over declared as position,
    sum(quota_credit_amount) over declared as after_amount, sum(quota_credit_amount) over declared - quota_credit_amount as before_amount,
    sum(pay_credit_amount) over declared as base_after
from fct_credits as credits
left join quotas on quotas.payee_id = credits.payee_id and quotas.plan_id = credits.plan_id and quotas.component_id = credits.component_id
    and quotas.period_id = window_period_id
window declared as (
    partition by credits.payee_id, credits.plan_id, window_period_id order by credit_date, event_id, credit_id
    rows between unbounded preceding and current row);

create temp table tiers as
select plan_id, tier, cast(low as decimal(9, 6)) as low, cast(high as decimal(9, 6)) as high, cast(rate as decimal(18, 12)) as rate, low_pay, high_pay
from (values
    ('ae_commission', 1, null, 1, 0.06, null, null), ('ae_commission', 2, 1, null, 0.09, null, null),
    ('senior_ae_commission', 1, null, 0.75, 0.05, null, null), ('senior_ae_commission', 2, 0.75, 1, 0.07, null, null),
    ('senior_ae_commission', 3, 1, 1.5, 0.10, null, null), ('senior_ae_commission', 4, 1.5, null, 0.12, null, null),
    ('sdr_meetings', 1, null, 1, 40, null, null), ('sdr_meetings', 2, 1, null, 60, null, null),
    ('cs_renewals', 1, null, 0.9, 0.01, null, null), ('cs_renewals', 2, 0.9, 1, 0.015, null, null), ('cs_renewals', 3, 1, null, 0.02, null, null),
    ('manager_rollup', 1, null, 0.5, null, 0, 0), ('manager_rollup', 2, 0.5, 1, null, 0, 9000), ('manager_rollup', 3, 1, 1.5, null, 9000, 22500)
) as listed (plan_id, tier, low, high, rate, low_pay, high_pay);

create temp table slices as
with bounded as (
    select
        measures.*, tier, rate, low_pay, high_pay, cast(cast(quota_amount as decimal(20, 4)) * low as decimal(38, 12)) as lower_bound,
        cast(cast(quota_amount as decimal(20, 4)) * high as decimal(38, 12)) as upper_bound,
        least(before_amount, after_amount) as least_amount, greatest(before_amount, after_amount) as greatest_amount
    from measures
    inner join tiers using (plan_id)
    where quota_amount is not null
),
marginal as (
    select *, greatest(least_amount, coalesce(lower_bound, least_amount)) as low_amount, least(greatest_amount, coalesce(upper_bound, greatest_amount)) as high_amount
    from bounded
    where plan_id in ('ae_commission', 'senior_ae_commission', 'sdr_meetings') and quota_credit_amount <> 0
        and (upper_bound is null or least_amount < upper_bound) and (lower_bound is null or greatest_amount > lower_bound)
),
at_after as (
    select * from bounded
    where (lower_bound is null or after_amount >= lower_bound) and (upper_bound is null or after_amount < upper_bound or (plan_id = 'manager_rollup' and tier = 3))
),
at_before as (
    select * from bounded
    where (lower_bound is null or before_amount >= lower_bound) and (upper_bound is null or before_amount < upper_bound or (plan_id = 'manager_rollup' and tier = 3))
)
select credit_id, 'slice' as trace_kind, tier, cast(high_amount - low_amount as decimal(38, 12)) as base_amount,
    round(cast(high_amount - coalesce(lower_bound, 0) as decimal(26, 12)) * cast(rate as decimal(8, 3)), 12)
    - round(cast(low_amount - coalesce(lower_bound, 0) as decimal(26, 12)) * cast(rate as decimal(8, 3)), 12) as slice_amount
from marginal
where quota_credit_amount = pay_credit_amount
union all
-- An overlay's pay credit is half of its quota credit, so its share of a slice is half of the slice.
select credit_id, 'share', tier, pay_credit_amount,
    round(cast(high_amount - low_amount as decimal(26, 12)) * cast(rate / 2 as decimal(8, 4)), 12)
from marginal
where quota_credit_amount <> pay_credit_amount
union all
select credit_id, 'slice', tier, pay_credit_amount,
    round(cast(base_after as decimal(26, 12)) * cast(rate as decimal(8, 3)), 12)
    - round(cast(base_after - pay_credit_amount as decimal(26, 12)) * cast(rate as decimal(8, 3)), 12)
from at_after
where plan_id = 'cs_renewals'
union all
select after.credit_id, 'rerate', after.tier, after.base_after - after.pay_credit_amount,
    round(cast(after.base_after - after.pay_credit_amount as decimal(26, 12)) * cast(after.rate as decimal(8, 3)), 12)
    - round(cast(after.base_after - after.pay_credit_amount as decimal(26, 12)) * cast(before.rate as decimal(8, 3)), 12)
from at_after as after
inner join at_before as before on before.credit_id = after.credit_id
where after.plan_id = 'cs_renewals' and after.rate <> before.rate and after.base_after <> after.pay_credit_amount
union all
select credit_id, 'owed_' || stand, tier, case when high_pay <> low_pay then cast(high_pay - low_pay as decimal(38, 12)) end,
    direction * (low_pay + case when high_pay <> low_pay then
        from_units((as_units(point - lower_bound) * (high_pay - low_pay)::hugeint * 1000000000000::hugeint + as_units(upper_bound - lower_bound) // 2)
            // as_units(upper_bound - lower_bound)) else 0 end)
from (
    select *, 'after' as stand, 1 as direction, after_amount as point from at_after where plan_id = 'manager_rollup'
    union all
    select *, 'before', -1, before_amount from at_before where plan_id = 'manager_rollup' and before_amount <> 0
);

create table fct_payout_lines as
with earned as (select credit_id, sum(slice_amount) as amount from slices group by all),
running as (
    select
        measures.*, case when quota_amount is not null then coalesce(amount, 0) end as amount,
        sum(coalesce(amount, 0)) over (partition by payee_id, plan_id, window_period_id order by position) as total
    from measures
    left join earned using (credit_id)
)
select
    credit_id as line_id, payee_id, plan_id, component_id, period_id, window_period_id, 'event' as line_kind_code, credit_id, event_id,
    event_kind_code, credit_date as line_date, cast(amount as decimal(38, 12)) as unrounded_amount,
    cast(round(total, 2) - round(total - amount, 2) as decimal(38, 12)) as earned_amount, team_id, region_id
from running;

create table fct_payout_traces as
select
    line_id, trace_kind as trace_kind_code, tier as tier_number, base_amount, cast(slice_amount as decimal(38, 12)) as slice_amount, lines.payee_id,
    lines.plan_id, lines.period_id, lines.event_id, measures.before_amount as measure_before_amount, measures.after_amount as measure_after_amount, quota_amount
from slices
inner join fct_payout_lines as lines using (credit_id)
inner join measures using (credit_id)
union all
select
    line_id, 'rounding', null, null, cast(earned_amount - unrounded_amount as decimal(38, 12)), lines.payee_id, lines.plan_id, lines.period_id, lines.event_id,
    before_amount, after_amount, quota_amount
from fct_payout_lines as lines
inner join measures using (credit_id)
where earned_amount <> unrounded_amount;

create temp table enrolled_months as
select payee_id, plan_id, period_id, start_date, end_date, quarter_id
from terms
inner join months on from_day <= end_date and to_day >= start_date and start_date <= getvariable('as_of_date')
group by all;

-- A line without a quota is unknown, and with it the payout.
create table fct_payouts as
select
    payee_id, plan_id, period_id,
    case when count(line_id) = count(earned_amount) then cast(coalesce(sum(earned_amount), 0) as decimal(38, 12)) end as earned_amount,
    count(line_id) as line_count
from enrolled_months
left join fct_payout_lines using (payee_id, plan_id, period_id)
group by all;

create table fct_attainment as
with scopes as (
    select payee_id, plan_id, case plan_id when 'sdr_meetings' then period_id else quarter_id end as window_id, min(start_date) as first_date
    from enrolled_months
    group by all
),
scope_months as (
    select payee_id, plan_id, window_id, period_id, start_date
    from scopes
    inner join months on window_id = case plan_id when 'sdr_meetings' then period_id else quarter_id end
    where start_date between first_date and getvariable('as_of_date')
),
credited as (select payee_id, plan_id, period_id, sum(quota_credit_amount) as amount from fct_credits group by all),
to_date as (
    select
        payee_id, plan_id, window_id, period_id,
        coalesce(sum(amount) over (partition by payee_id, plan_id, window_id order by start_date), 0) as measure_amount
    from scope_months
    left join credited using (payee_id, plan_id, period_id)
)
select
    to_date.payee_id, to_date.plan_id, to_date.period_id, window_id as window_period_id, cast(measure_amount as decimal(38, 12)) as measure_amount, quota_amount,
    from_units((as_units(measure_amount) * 1000000000000::hugeint + as_units(quota_amount) // 2) // nullif(as_units(quota_amount), 0)) as attainment_ratio
from to_date
left join quotas on quotas.payee_id = to_date.payee_id and quotas.plan_id = to_date.plan_id and quotas.period_id = window_id;
