export { NotFound as default } from "@/ui/ErrorPages";
