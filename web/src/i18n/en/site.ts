export const site = {
  landing: {
    title: "Stock alerts that say what they saw",
    heading: "Know the moment your price is reached.",
    text: "ShareWise watches stocks in India and the US, fires each alert once, and mails you what it saw: the price, and the time it was reached.",
    start: "Create account",
    demo: "See the plans",
    trial: "14 days of the Basic plan to try it. No card asked.",
    illustration: "Illustration",
    illustrationRule: "Tell me once when AAPL on NASDAQ trades at or above $230.00",
    illustrationFired: "Reached $230.10",
    illustrationMail: "Mail sent",
    howTitle: "Three steps",
    how: [
      { title: "Choose a stock", text: "Live cards show price, change and day range, and always how old the number is." },
      { title: "Name a price", text: "The form says your rule in a plain sentence, and warns when it is already true." },
      { title: "Get told once", text: "A toast in the app and a mail to you. The alert then rests until you set it again." },
    ],
    whyTitle: "Built so that nothing is missed in silence",
    why: [
      {
        title: "It looks between the prices",
        text: "Each check uses the high and the low since the alert was armed, so that a short touch counts.",
      },
      {
        title: "An alert never vanishes",
        text: "It is active, triggered, paused, expired or waiting for your review, and it says why.",
      },
      {
        title: "Old prices fire nothing",
        text: "A price that was late when it reached us is shown as delayed and triggers no alert.",
      },
      {
        title: "You see what was sent",
        text: "Each triggered alert shows whether its mail is queued, sent or failed.",
      },
    ],
    plansTitle: "Plans",
    plansText: "Alerts by mail are part of every plan. Larger plans raise the numbers.",
    riskTitle: "Before you trade",
    riskText:
      "Markets can move faster than any alert, and prices may be delayed or wrong. ShareWise informs; it does not advise. Trading in shares and derivatives can lose you money, with derivatives more than you put in.",
    riskLink: "Read the risk disclosure",
  },
  pricing: {
    nav: "Pricing",
    title: "Pricing",
    heading: "One price list, every limit in numbers",
    text: "Monthly, in rupees. {{gst}}% GST is added at checkout.",
    perMonth: "per month",
    plusGst: "+ {{gst}}% GST",
    start: "Start with the trial",
    current: "Your plan",
    trial: "A verified account starts with {{days}} days of {{plan}}.",
    afterTrial: "After the trial without a plan: everything can be read, {{count}} alerts stay active, and the rest pauses and says why.",
    compare: "Compare the plans",
    feature: "What you get",
    rows: {
      active_alerts: "Active alerts",
      channels: "Ways to tell you",
      socket_symbols: "Live stocks at once",
      socket_ticks_per_second: "Live prices a second, per stock",
      signals_per_day: "Signals a day",
      strategies: "Strategies",
      ai_studio_minutes_per_month: "AI Studio, minutes a month",
      custom_indicators: "Saved custom indicators",
      live_trading: "Auto-trade with real orders",
      api_keys: "API keys",
      api_calls_per_minute: "API calls a minute",
      support: "Support answers within",
    },
    unlimited: "no limit",
    everyPrice: "every price",
    none: "–",
    noneSpoken: "not included",
    yes: "yes",
    paper: "paper only",
    hours: "{{count}} h",
    channels: {
      in_app: "in-app",
      email: "mail",
      mail: "mail",
      push: "push",
      telegram: "Telegram",
      webhook: "webhook",
      slack: "Slack",
      sms: "SMS",
    },
    upTo: "{{amount}} active alerts",
    liveStocks: "{{amount}} live stocks",
    tellBy: "Told by {{channels}}",
    supportWithin: "Support answers within {{count}} h",
    what: "the plans",
  },
  legal: {
    effective: "In force since {{date}}.",
    terms: {
      title: "Terms of use",
      sections: [
        {
          title: "What ShareWise does",
          text: "ShareWise watches prices of stocks that you choose and tells you when a price that you named is reached. It places no order unless you connect a broker and ask for it.",
        },
        {
          title: "What it does not promise",
          text: "Prices come from others and can be late, wrong or missing. We tell you how old a price is and whether a mail was sent, but an alert may reach you late or not at all. Do not rely on it as your only protection.",
        },
        {
          title: "No advice",
          text: "Nothing here is a recommendation to buy or sell. You decide, and you carry the result.",
        },
        {
          title: "Your account",
          text: "Keep your password to yourself. Automated access goes through the API with your own credentials and within the limits of your plan. We may lock an account that harms the service or others.",
        },
        {
          title: "Plans and payment",
          text: "A verified account begins with a free trial. Prices of plans are monthly and exclude GST. When a plan ends, your data stays readable and the free allowance goes on working.",
        },
      ],
    },
    privacy: {
      title: "Privacy",
      sections: [
        {
          title: "What we keep",
          text: "Your name, e-mail address, optional phone number, your alerts and what became of them, and the devices on which you are signed in.",
        },
        {
          title: "What we use it for",
          text: "To run your account and to send the mails that you asked for. We do not sell it, and there is no tracking on these pages.",
        },
        {
          title: "In your browser",
          text: "One cookie keeps you signed in; scripts cannot read it. Your colour scheme and display settings are stored in the browser only.",
        },
        {
          title: "How it is protected",
          text: "Passwords are stored as salted, keyed hashes, sessions can be ended one by one in the settings, and logs mask personal data.",
        },
      ],
    },
    risk: {
      title: "Risk disclosure",
      sections: [
        {
          title: "You can lose money",
          text: "Prices of shares go down as well as up. With derivatives and borrowed money you can lose more than you put in.",
        },
        {
          title: "Alerts are not a safety net",
          text: "A market can jump over your price. A price that was reached may no longer be had when you act. Connections, mail servers and data sources fail.",
        },
        {
          title: "Recorded prices",
          text: "Where a page says that prices are recorded, they are played back from the past and show nothing of today's market. Between recorded prices the path is interpolated, and marked so.",
        },
        {
          title: "Information, not advice",
          text: "ShareWise does not know your situation. Talk to a registered adviser before you take a decision that matters to you.",
        },
      ],
    },
  },
  help: {
    title: "Help",
    heading: "Help",
    items: [
      {
        title: "When does an alert fire?",
        text: "When a price at or beyond your level reaches us, once. The high and low between two prices count as well. A price that was already old when it reached us fires nothing.",
      },
      {
        title: "What if the level is already reached?",
        text: "Then the alert fires with the next price. The form tells you so before you save it.",
      },
      {
        title: "I got no mail",
        text: "Open Alerts, then Triggered: each line says whether its mail is queued, sent or failed. If it was sent, look into your spam folder.",
      },
      {
        title: "What does “delayed” mean?",
        text: "No newer price has come for longer than it should. The number turns grey and a clock counts how long it has been.",
      },
      {
        title: "An error shows a request number",
        text: "Copy it into your message to support. It lets us find exactly what happened.",
      },
    ],
  },
} as const;
