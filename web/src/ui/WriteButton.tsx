import Button, { type ButtonProps } from "@mui/material/Button";
import Tooltip from "@mui/material/Tooltip";
import { useReadOnly } from "./readOnly";

/** A button that changes something: disabled, with the reason, while one acts as another person. */
export function WriteButton(props: ButtonProps) {
  const reason = useReadOnly();
  if (reason === null) return <Button {...props} />;
  return (
    <Tooltip title={reason} describeChild>
      <span style={{ display: props.fullWidth ? "block" : "inline-block" }}>
        <Button {...props} disabled />
      </span>
    </Tooltip>
  );
}
