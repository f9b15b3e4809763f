export { Forbidden as default } from "@/ui/ErrorPages";
