import { useTranslation } from "react-i18next";
import { site } from "@/i18n/en/site";
import "@/i18n/site";

type Channel = keyof typeof site.pricing.channels;

/** Gives a function that lists channels in words; one that we have no word for is shown as the API names it. */
export function useChannelNames(): (channels: readonly string[]) => string {
  const { t } = useTranslation();
  const known = (channel: string): channel is Channel => channel in site.pricing.channels;
  return (channels) =>
    channels.map((channel) => (known(channel) ? t(`site.pricing.channels.${channel}`) : channel)).join(", ");
}
