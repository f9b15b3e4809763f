import AddRounded from "@mui/icons-material/AddRounded";
import DeleteOutlineRounded from "@mui/icons-material/DeleteOutlineRounded";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import IconButton from "@mui/material/IconButton";
import MenuItem from "@mui/material/MenuItem";
import Stack from "@mui/material/Stack";
import TextField from "@mui/material/TextField";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { newCondition, turned, type Vocabulary } from "./choices";
import { Pick } from "./Pick";
import { ARITHMETIC, chained, COMPARISONS, isOf, itemsOf, JOINS, leaf, operation, replaced, samePath, written, type Join, type Part, type Path } from "./parts";
import "@/i18n/expressions";

/** Blocks within blocks are shown this deep; what lies deeper stands there as its text. */
const DEEPEST = 6;
/** So deep there is room for parts beside each other. */
const BESIDE = 3;

interface Tools {
  vocabulary: Vocabulary;
  put: (path: Path, part: Part) => void;
  /** Where the API found a mistake. */
  wrong: Path | null;
}

interface BlockProps {
  part: Part;
  path: Path;
  label: string;
  tools: Tools;
}

interface BlocksProps {
  root: Part;
  onChange: (root: Part) => void;
  vocabulary: Vocabulary;
  wrong: Path | null;
}

/** An expression as blocks that can be changed one by one. */
export function Blocks({ root, onChange, vocabulary, wrong }: BlocksProps) {
  const { t } = useTranslation();
  const tools: Tools = { vocabulary, wrong, put: (path, part) => onChange(replaced(root, path, part)) };
  if (root.kind === "number") return <Block part={root} path={[]} label={t("expressions.kind.number")} tools={tools} />;
  if (isOf(JOINS, root)) return <Group part={root} path={[]} tools={tools} />;
  return (
    <Stack sx={{ gap: 1.5 }}>
      <Block part={root} path={[]} label={t("expressions.kind.boolean")} tools={tools} />
      <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1 }}>
        {JOINS.map((join) => (
          <Button key={join} size="small" startIcon={<AddRounded />} onClick={() => onChange(operation(join, root, newCondition()))}>
            {t(join === "and" ? "expressions.addAnd" : "expressions.addOr")}
          </Button>
        ))}
      </Box>
    </Stack>
  );
}

/** Conditions that hold together, or of which one holds. */
function Group({ part, path, tools, onRemove }: Omit<BlockProps, "label"> & { onRemove?: () => void }) {
  const { t } = useTranslation();
  const join = part.name as Join;
  const items = itemsOf(part, join, path);
  const put = (parts: Part[], how = join) => tools.put(path, chained(how, parts));
  return (
    <Stack sx={{ gap: 1.5 }}>
      <Box sx={{ display: "flex", gap: 1, alignItems: "center" }}>
        <Small select label={t("expressions.join")} value={join} onChange={(how) => put(items.map((item) => item.part), how as Join)}>
          {JOINS.map((each) => <MenuItem key={each} value={each}>{t(`expressions.joins.${each}`)}</MenuItem>)}
        </Small>
        {onRemove !== undefined && <Remove what={t(`expressions.joins.${join}`)} onClick={onRemove} />}
      </Box>
      <Box component="ol" sx={{ listStyle: "none", m: 0, p: 0, display: "grid", gap: 1.5 }}>
        {items.map((item, at) => (
          <Box component="li" key={at} sx={{ minWidth: 0 }}>
            <Block
              part={item.part}
              path={item.path}
              label={t("expressions.condition", { number: at + 1 })}
              tools={tools}
              onRemove={() => put(items.filter((_, other) => other !== at).map((each) => each.part))}
            />
          </Box>
        ))}
      </Box>
      <Button size="small" startIcon={<AddRounded />} sx={{ justifySelf: "start", alignSelf: "start" }} onClick={() => put([...items.map((item) => item.part), newCondition()])}>
        {t(join === "and" ? "expressions.addAnd" : "expressions.addOr")}
      </Button>
    </Stack>
  );
}

function Block({ part, path, label, tools, onRemove }: BlockProps & { onRemove?: () => void }) {
  const { t } = useTranslation();
  const text = () => written(part).text;
  const isWrong = samePath(tools.wrong, path);
  const framed = part.kind === "boolean";
  if (path.length > DEEPEST && part.parts.length > 0) {
    return <TextBlock key={text()} label={label} text={text()} isWrong={isWrong} onWrite={(written) => tools.put(path, leaf("text", written, part.kind))} />;
  }
  return (
    <Box
      role={part.parts.length > 0 ? "group" : undefined}
      aria-label={part.parts.length > 0 ? label : undefined}
      sx={{ minWidth: 0, ...(framed && { border: 1, borderColor: isWrong ? "error.main" : "divider", borderRadius: 2, p: { xs: 1, sm: 1.5 } }) }}
    >
      <Box sx={{ display: "flex", flexWrap: part.type === "number" ? "wrap" : undefined, gap: 1, alignItems: "center" }}>
        <Pick label={label} part={part} vocabulary={tools.vocabulary} isWrong={isWrong} onPick={(choice) => tools.put(path, turned(part, choice, tools.vocabulary, text()))} />
        {part.type === "number" && <NumberField label={t("expressions.number")} value={part.name} isWrong={isWrong} onWrite={(name) => tools.put(path, { ...part, name })} />}
        {onRemove !== undefined && <Remove what={label} onClick={onRemove} />}
      </Box>
      <Inner part={part} path={path} tools={tools} isWrong={isWrong} />
    </Box>
  );
}

/** What a block is made of. */
function Inner({ part, path, tools, isWrong }: Omit<BlockProps, "label"> & { isWrong: boolean }) {
  const { t } = useTranslation();
  const child = (at: number, label: string) => {
    const inner = part.parts[at];
    return inner === undefined ? null : <Block part={inner} path={[...path, at]} label={label} tools={tools} />;
  };
  if (isOf(JOINS, part)) return <Indented><Group part={part} path={path} tools={tools} /></Indented>;
  if (part.type === "text") {
    return <Indented><TextBlock key={part.name} label={t("expressions.text")} text={part.name} isWrong={isWrong} onWrite={(name) => tools.put(path, { ...part, name })} /></Indented>;
  }
  if (isOf(COMPARISONS, part) || isOf(ARITHMETIC, part)) {
    const compares = isOf(COMPARISONS, part);
    return (
      <Indented columns={path.length < BESIDE ? "minmax(0, 2fr) minmax(0, 1fr) minmax(0, 2fr)" : undefined}>
        {child(0, t("expressions.left"))}
        <Small select label={t(compares ? "expressions.sign" : "expressions.operator")} value={part.name} onChange={(name) => tools.put(path, { ...part, name })}>
          {compares
            ? COMPARISONS.map((name) => <MenuItem key={name} value={name}>{t(`expressions.signs.${name}`)}</MenuItem>)
            : ARITHMETIC.map((name) => <MenuItem key={name} value={name}>{t(`expressions.operators.${name}`)}</MenuItem>)}
        </Small>
        {child(1, t("expressions.right"))}
      </Indented>
    );
  }
  if (part.type === "operation") return <Indented>{child(0, t(part.name === "not" ? "expressions.not" : "expressions.of"))}</Indented>;
  if (part.type === "at") {
    return (
      <Indented>
        <Box sx={{ display: "grid", gap: 1.5, gridTemplateColumns: { xs: "minmax(0, 1fr)", sm: "repeat(2, minmax(0, 1fr))" } }}>
          <Small select label={t("expressions.interval")} value={part.interval ?? ""} onChange={(interval) => tools.put(path, { ...part, interval: interval || null })}>
            {part.instrument != null && <MenuItem value="">{t("expressions.ownBars")}</MenuItem>}
            {tools.vocabulary.intervals.map((name) => <MenuItem key={name} value={name}>{name}</MenuItem>)}
          </Small>
          <InstrumentField value={part.instrument ?? ""} isWrong={isWrong} onWrite={(name) => tools.put(path, { ...part, instrument: name || null, interval: name === "" ? (part.interval ?? "1d") : part.interval })} />
        </Box>
        {child(0, t("expressions.of"))}
      </Indented>
    );
  }
  if (part.type !== "call" || part.parts.length === 0) return null;
  const parameters = tools.vocabulary.functions.find(({ name }) => name === part.name)?.parameters ?? [];
  return (
    <Indented columns={path.length < BESIDE ? "repeat(auto-fit, minmax(180px, 1fr))" : undefined}>
      {parameters.map(({ name, kind }, at) => {
        const constant = part.parts[at];
        const said = t(`expressions.parameters.${name}`, name);
        if (constant === undefined || kind === "number" || kind === "boolean") return <Box key={name} sx={{ minWidth: 0 }}>{child(at, said)}</Box>;
        return <NumberField key={name} label={said} value={constant.name} isWrong={samePath(tools.wrong, [...path, at])} onWrite={(value) => tools.put([...path, at], leaf("number", value))} />;
      })}
    </Indented>
  );
}

/** What lies within a block. `columns`: where there is room. */
function Indented({ columns, children }: { columns?: string; children: ReactNode }) {
  return <Box sx={{ display: "grid", gap: 1.5, alignItems: "start", gridTemplateColumns: { xs: "minmax(0, 1fr)", md: columns ?? "minmax(0, 1fr)" }, mt: 1.5, pl: { xs: 1, sm: 1.5 }, borderLeft: 2, borderColor: "divider" }}>{children}</Box>;
}

interface SmallProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  isWrong?: boolean;
  hint?: string;
  select?: boolean;
  children?: ReactNode;
}

function Small({ onChange, isWrong = false, hint, children, ...rest }: SmallProps) {
  return <TextField {...rest} size="small" fullWidth error={isWrong} helperText={hint} onChange={(event) => onChange(event.target.value)} slotProps={{ htmlInput: { autoComplete: "off", spellCheck: false } }}>{children}</TextField>;
}

function NumberField({ label, value, isWrong, onWrite }: { label: string; value: string; isWrong: boolean; onWrite: (value: string) => void }) {
  return (
    <TextField
      size="small"
      label={label}
      value={value}
      error={isWrong || !Number.isFinite(Number(value || "?"))}
      onChange={(event) => onWrite(event.target.value.replaceAll(/[^0-9.eE+-]/g, ""))}
      sx={{ flex: "1 1 88px", minWidth: 88 }}
      slotProps={{ htmlInput: { inputMode: "decimal", autoComplete: "off", className: "figures", maxLength: 20 } }}
    />
  );
}

/** Another stock's name. It is taken when it is left: half a name is none. */
function InstrumentField({ value, isWrong, onWrite }: { value: string; isWrong: boolean; onWrite: (value: string) => void }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState<string | null>(null);
  return (
    <TextField
      size="small"
      label={t("expressions.instrument")}
      value={typed ?? value}
      error={isWrong}
      helperText={t("expressions.instrumentHint")}
      onChange={(event) => setTyped(event.target.value.toUpperCase().replaceAll(/["\s]/g, ""))}
      onBlur={() => {
        if (typed !== null && typed !== value) onWrite(typed);
        setTyped(null);
      }}
      slotProps={{ htmlInput: { autoComplete: "off", spellCheck: false, maxLength: 49 } }}
    />
  );
}

/** A part as its text. It is taken when the field is left, and then read with the whole. */
function TextBlock({ label, text, isWrong, onWrite }: { label: string; text: string; isWrong: boolean; onWrite: (text: string) => void }) {
  const [typed, setTyped] = useState(text);
  return (
    <TextField
      size="small"
      fullWidth
      multiline
      label={label}
      value={typed}
      error={isWrong}
      onChange={(event) => setTyped(event.target.value)}
      onBlur={() => typed !== text && onWrite(typed)}
      slotProps={{ htmlInput: { autoComplete: "off", spellCheck: false, className: "figures", maxLength: 2000 } }}
    />
  );
}

function Remove({ what, onClick }: { what: string; onClick: () => void }) {
  const { t } = useTranslation();
  return (
    <IconButton aria-label={t("expressions.remove", { what })} onClick={onClick}>
      <DeleteOutlineRounded />
    </IconButton>
  );
}
