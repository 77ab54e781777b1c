create macro full_name(first_name, last_name) as
    nullif(trim(concat_ws(' ', first_name, last_name)), '');

-- A deal's type that HubSpot does not bring along stands as it is.
create macro deal_kind(deal_type) as
    case deal_type when 'newbusiness' then 'new' when 'existingbusiness' then 'expansion' else deal_type end;

-- HubSpot keeps a close date as a time; its day is the day where the company is. Another text stays, to be quarantined.
create macro local_day(moment) as
    case
        when regexp_full_match(moment, '\d{4}-\d{2}-\d{2}') or try_cast(moment as timestamptz) is null then moment
        else strftime(timezone(company_zone(), try_cast(moment as timestamptz)), '%Y-%m-%d')
    end;

create macro ratio_of_percent(percentage) as
    coalesce(cast(cast(try_cast(percentage as decimal(18, 10)) * 0.01 as decimal(18, 12)) as varchar), percentage);

create macro whole_minutes(milliseconds) as
    coalesce(cast((try_cast(milliseconds as bigint) + 30000) // 60000 as varchar), milliseconds);

create macro minutes_between(beginning, ending) as
    (epoch_ms(try_cast(ending as timestamptz)) - epoch_ms(try_cast(beginning as timestamptz)) + 30000) // 60000;
