import Autocomplete, { createFilterOptions } from "@mui/material/Autocomplete";
import Box from "@mui/material/Box";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { choiceOf, choicesOf, type Choice, type Vocabulary } from "./choices";
import type { Part } from "./parts";
import "@/i18n/expressions";

const filter = createFilterOptions<Choice>({ stringify: ({ name, about }) => `${name} ${about}` });

interface PickProps {
  label: string;
  part: Part;
  vocabulary: Vocabulary;
  isWrong: boolean;
  onPick: (choice: string) => void;
}

/** What a block is, found by typing its name or what it does. */
export function Pick({ label, part, vocabulary, isWrong, onPick }: PickProps) {
  const { t } = useTranslation();
  const choices = useMemo(
    () => choicesOf(part.kind, vocabulary, (shape) => ({ name: t(`expressions.shapes.${shape}.name`), about: t(`expressions.shapes.${shape}.about`) })),
    [part.kind, vocabulary, t],
  );
  const chosen = choiceOf(part);
  return (
    <Autocomplete<Choice, false, true>
      size="small"
      disableClearable
      options={choices}
      // A name that has been deleted since is still what the text says.
      value={choices.find(({ id }) => id === chosen) ?? { id: chosen, name: part.name, about: "" }}
      onChange={(_, { id }) => id !== chosen && onPick(id)}
      getOptionLabel={({ name }) => name}
      isOptionEqualToValue={(one, other) => one.id === other.id}
      filterOptions={filter}
      autoHighlight
      sx={{ flex: "1 1 128px", minWidth: 0 }}
      renderOption={({ key, ...props }, { name, about }) => (
        <Box component="li" key={key} {...props} sx={{ display: "block !important" }}>
          <strong>{name}</strong>{" "}
          <Typography component="span" variant="body2" color="textSecondary">{about}</Typography>
        </Box>
      )}
      renderInput={(params) => <TextField {...params} label={label} error={isWrong} />}
    />
  );
}
