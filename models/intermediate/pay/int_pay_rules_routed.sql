-- One row a credit rule that looks at more than the class of an event, and class of events that it takes. A table: most
-- plans have no such rule, and where it has no row nothing is read to find the events of none (openspm.emptiness).
select
    rule_set_id,
    plan_id,
    plan_version,
    component_id,
    rule_number,
    event_class_code
from {{ ref('int_pay_rules') }}
where is_routed
