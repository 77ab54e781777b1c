-- Seconds of the epoch as an instant, and as the day that it is in the company.
create macro stripe_instant(seconds) as strftime(make_timestamp(cast(seconds as bigint) * 1000000), '%Y-%m-%dT%H:%M:%SZ');
create macro stripe_day(seconds) as strftime(
    timezone(company_zone(), make_timestamptz(cast(seconds as bigint) * 1000000)), '%Y-%m-%d'
);
-- Digits behind the point of what Stripe calls a smallest unit. ISK and UGX have none in life, and two here.
create macro stripe_digits(currency) as case
    when upper(currency) in (
        'BIF', 'CLP', 'DJF', 'GNF', 'JPY', 'KMF', 'KRW', 'MGA', 'PYG', 'RWF', 'VND', 'VUV', 'XAF', 'XOF', 'XPF'
    ) then 0
    when upper(currency) in ('BHD', 'JOD', 'KWD', 'OMR', 'TND') then 3
    when currency is not null then 2
end;
-- Smallest units as an amount of the currency, exactly.
create macro stripe_amount(units, currency) as case stripe_digits(currency)
    when 0 then cast(cast(units as bigint) as varchar)
    when 2 then cast(cast(cast(units as bigint) as decimal(19, 0)) * 0.01 as varchar)
    when 3 then cast(cast(cast(units as bigint) as decimal(19, 0)) * 0.001 as varchar)
end;
