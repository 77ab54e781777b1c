-- A number as landing takes it: without the exponent that Salesforce writes from ten millions on, and without needless
-- noughts, so that it is the same text over REST and from a Bulk job. What is no number stays as it came.
create macro without_noughts(number) as regexp_replace(
    regexp_replace(number, '(\.[0-9]*[1-9])0+$', '\1'), '\.0+$', ''
);
create macro plain_number(number) as case
    when regexp_full_match(number, '-?[0-9]+(\.[0-9]+)?') then without_noughts(number)
    when regexp_full_match(number, '-?[0-9]+(\.[0-9]+)?[eE][+-]?[0-9]+')
        then coalesce(without_noughts(cast(try_cast(number as decimal(38, 12)) as varchar)), number)
    else number
end;

-- A time as Bulk writes it, which is the same over REST then.
create macro utc_time(moment) as regexp_replace(moment, '\+0000$', 'Z');

-- A share of a percent field, 12.5 for an eighth: divided by moving the point, so that no digit is lost.
create macro ratio_of_percent(percent) as coalesce(
    cast(try_cast(percent as decimal(22, 10)) * cast(0.01 as decimal(2, 2)) as varchar), percent
);

-- Whole minutes of seconds, rounded down.
create macro minutes_of_seconds(seconds) as coalesce(
    cast(try_cast(plain_number(seconds) as bigint) // 60 as varchar), seconds
);

-- An id of 18 characters for one of 15, which differ from each other by case alone.
create macro id_part(part) as substr(
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345',
    1 + cast(list_sum(list_transform(
        [1, 2, 3, 4, 5],
        position -> case when substr(part, position, 1) between 'A' and 'Z' then 1 << (position - 1) else 0 end
    )) as integer),
    1
);
create macro id18(id) as case
    when length(id) = 15 then id || id_part(substr(id, 1, 5)) || id_part(substr(id, 6, 5)) || id_part(substr(id, 11, 5))
    else id
end;

-- An id if it is one of an object, by its first three characters: of a user and not a queue, of a lead and not a contact.
create macro id_of(id, prefix) as case when starts_with(id, prefix) then id end;

-- Kinds of deals in the words of Salesforce and in ours; others stay as they are.
create macro deal_kind(kind) as case lower(kind)
    when 'new customer' then 'new'
    when 'new business' then 'new'
    when 'new' then 'new'
    when 'existing business' then 'expansion'
    when 'existing customer - upgrade' then 'expansion'
    when 'expansion' then 'expansion'
    when 'renewal' then 'renewal'
    else kind
end;

-- Kinds of tasks; calls and mails have subtypes of their own.
create macro task_kind(subtype) as case lower(subtype)
    when 'call' then 'call'
    when 'email' then 'email'
    when 'listemail' then 'email'
    else 'task'
end;

-- An event is a meeting, unless its type says that it is a demo or a call.
create macro event_kind(kind) as case lower(kind)
    when 'demo' then 'demo'
    when 'call' then 'call'
    when 'email' then 'email'
    else 'meeting'
end;

-- A day as the time at which it begins in the company's zone.
create macro day_begin(day, zone) as day || 'T00:00:00[' || zone || ']';

-- Units of the corporate currency for one unit, of units for one unit of the corporate currency: 1 divided by it, to the
-- twelve places that a rate has, half up, in whole numbers.
create macro scaled_inverse(rate) as (
    2000000000000000000000000::hugeint
    // cast(try_cast(plain_number(rate) as decimal(38, 12)) * 1000000000000::hugeint as hugeint) + 1
) // 2;
create macro inverse_rate(rate) as case
    when try_cast(plain_number(rate) as decimal(38, 12)) > 0
        then cast(scaled_inverse(rate) // 1000000000000 as varchar)
            || '.' || lpad(cast(scaled_inverse(rate) % 1000000000000 as varchar), 12, '0')
    else rate
end;
