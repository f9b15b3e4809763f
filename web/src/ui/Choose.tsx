import MenuItem from "@mui/material/MenuItem";
import TextField from "@mui/material/TextField";

interface ChooseProps<T extends string> {
  label: string;
  value: string;
  options: readonly T[];
  nameOf: (name: T) => string;
  onChange: (value: string) => void;
}

/** One of a few names. */
export function Choose<T extends string>({ label, value, options, nameOf, onChange }: ChooseProps<T>) {
  return (
    <TextField select label={label} value={value} onChange={(event) => onChange(event.target.value)}>
      {options.map((name) => (
        <MenuItem key={name} value={name}>
          {nameOf(name)}
        </MenuItem>
      ))}
    </TextField>
  );
}
